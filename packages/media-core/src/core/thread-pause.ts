/**
 * Stops this thread for so many milliseconds, fractions allowed: nothing else happens in it, and what
 * comes waits in its sockets. More exact than a timer, which knows whole milliseconds and is late by one.
 */
export type ThreadPause = (ms: number) => void;

/** For a thread that serves media alone. */
export function threadPause(): ThreadPause {
  const cell = new Int32Array(new SharedArrayBuffer(4)); // nobody ever wakes it up
  return (ms) => void Atomics.wait(cell, 0, 0, ms);
}
