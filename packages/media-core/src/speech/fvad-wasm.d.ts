declare module '@echogarden/fvad-wasm' {
  /** libfvad as Emscripten makes it: instances and blocks are addresses in its memory. */
  export interface Fvad {
    readonly HEAP16: Int16Array;
    _malloc(bytes: number): number;
    _fvad_new(): number;
    _fvad_free(instance: number): void;
    _fvad_set_mode(instance: number, mode: number): number;
    _fvad_set_sample_rate(instance: number, hz: number): number;
    /** 1 for a voice, 0 for none, −1 for a block that it cannot judge. */
    _fvad_process(instance: number, block: number, length: number): number;
  }

  export default function load(options: {
    print(text: string): void;
    printErr(text: string): void;
  }): Promise<Fvad>;
}
