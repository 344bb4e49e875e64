export {
  q850OfStatus as causeOfStatus,
  statusOfQ850 as statusOfCause,
} from '@strowger/dialog-core';

/** Q.850 causes that sessions give of themselves. */
export const Q850 = {
  normalClearing: 16,
  userBusy: 17,
  noUserResponding: 18,
  noAnswer: 19,
  networkOutOfOrder: 38,
  temporaryFailure: 41,
  resourceUnavailable: 47,
  bearerNotImplemented: 65,
  recoveryOnTimer: 102,
  interworking: 127,
} as const;
