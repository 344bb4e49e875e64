import type { StrowgerError } from '@strowger/runtime';
import type { CoreApi, CoreEvent } from '../core/core-api.ts';

/** An endpoint as its host knows it. */
export interface HostedEndpoint {
  fail(cause: StrowgerError): void;
  onCoreEvent(event: CoreEvent): void;
}

/** A core with its endpoints, in this thread or in a worker. */
export interface CoreHost {
  readonly api: CoreApi;
  readonly endpoints: Map<number, HostedEndpoint>;
  /** `false` once its worker died. */
  readonly isAlive: boolean;
  close(): Promise<void>;
}
