/** A running hash of everything that went over the wire: equal for equal runs. Not secret. */
export class Trace {
  private high = 0x9e3779b9;
  private low = 0x243f6a88;
  private events = 0;

  /** Takes a packet: when, on which way, its bytes. */
  add(at: number, way: string, bytes: Uint8Array): void {
    this.events++;
    this.mix(at);
    for (let index = 0; index < way.length; index++) this.mix(way.charCodeAt(index));
    let word = 0;
    for (let index = 0; index < bytes.length; index++) {
      word = (word << 8) | (bytes[index] ?? 0);
      if ((index & 3) === 3) this.mix(word);
    }
    this.mix(word ^ bytes.length);
  }

  /** Sixteen hexadecimal digits and the number of packets: `0123456789abcdef/42`. */
  get hash(): string {
    const hex = (value: number): string => (value >>> 0).toString(16).padStart(8, '0');
    return `${hex(this.high)}${hex(this.low)}/${this.events}`;
  }

  private mix(value: number): void {
    const low = Math.imul(this.low ^ value, 0x01000193);
    this.high = Math.imul(this.high ^ low ^ (low >>> 15), 0x85ebca6b) + 0x27d4eb2f;
    this.low = (low ^ (this.high >>> 13)) | 0;
  }
}
