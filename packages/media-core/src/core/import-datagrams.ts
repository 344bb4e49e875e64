import { type DatagramIo, StrowgerError } from '@strowger/runtime';

/**
 * What the module's `createDatagramIo` makes.
 *
 * @throws StrowgerError (rejects) `MEDIA_DATAGRAMS_UNAVAILABLE`.
 */
export async function importDatagrams(module: string): Promise<DatagramIo> {
  try {
    // a module is whatever it is: what is used of it is looked at here
    const { createDatagramIo } = (await import(/* @vite-ignore */ module)) as Record<
      string,
      unknown
    >;
    if (typeof createDatagramIo !== 'function') throw new Error('it lacks createDatagramIo');
    return createDatagramIo() as DatagramIo;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new StrowgerError('MEDIA_DATAGRAMS_UNAVAILABLE', `${module}: ${reason}`, { cause });
  }
}
