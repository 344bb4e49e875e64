import { type FileHandle, open } from 'node:fs/promises';
import type { StrowgerError } from '@strowger/runtime';

/** Bytes that can be read anywhere: of a file, or of what is being fetched. */
export interface ByteSource {
  /** How many there are; `Infinity` where nobody knows yet. */
  readonly size: number;
  /** Reads until `bytes` is full or the source ends; resolves with how many there were. */
  read(bytes: Uint8Array, at: number): Promise<number>;
  close(): Promise<void>;
  /** Why it ended before its time. */
  readonly failure?: StrowgerError | undefined;
}

/** A file of this machine; rejects with the system's error. */
export async function openFile(path: string): Promise<ByteSource> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    return {
      size,
      read: (bytes, at) => readAll(file, bytes, at),
      close: () => file.close(),
    };
  } catch (error) {
    await file.close();
    throw error;
  }
}

async function readAll(file: FileHandle, bytes: Uint8Array, at: number): Promise<number> {
  let done = 0;
  while (done < bytes.length) {
    const { bytesRead } = await file.read(bytes, done, bytes.length - done, at + done);
    if (bytesRead === 0) break;
    done += bytesRead;
  }
  return done;
}
