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

const CAUSE_OF_STATUS = new Map<number, number>([
  [400, 41],
  [401, 21],
  [402, 21],
  [403, 21],
  [404, 1],
  [405, 63],
  [406, 79],
  [407, 21],
  [408, 102],
  [410, 22],
  [413, 127],
  [414, 127],
  [415, 79],
  [416, 127],
  [420, 127],
  [421, 127],
  [423, 127],
  [480, 18],
  [481, 41],
  [482, 25],
  [483, 25],
  [484, 28],
  [485, 1],
  [486, 17],
  [487, 16],
  [488, 65],
  [500, 41],
  [501, 79],
  [502, 38],
  [503, 41],
  [504, 102],
  [505, 127],
  [513, 127],
  [600, 17],
  [603, 21],
  [604, 1],
  [606, 65],
]);

const STATUS_OF_CAUSE = new Map<number, number>([
  [1, 404],
  [2, 404],
  [3, 404],
  [16, 480],
  [17, 486],
  [18, 408],
  [19, 480],
  [20, 480],
  [21, 403],
  [22, 410],
  [23, 410],
  [26, 404],
  [27, 502],
  [28, 484],
  [29, 501],
  [31, 480],
  [34, 503],
  [38, 503],
  [41, 503],
  [42, 503],
  [47, 503],
  [55, 403],
  [57, 403],
  [58, 503],
  [65, 488],
  [70, 488],
  [79, 501],
  [87, 403],
  [88, 503],
  [102, 504],
  [111, 500],
  [127, 500],
]);

/**
 * The Q.850 cause of a final SIP status (RFC 3398 §8.2.6.1). 487 is a caller's normal clearing; 488
 * and 606 stand for a bearer that is not there. 2xx gives 16, an unknown status that of its class.
 */
export function causeOfStatus(status: number): number {
  const known = CAUSE_OF_STATUS.get(status);
  if (known !== undefined) return known;
  if (status < 300) return Q850.normalClearing;
  if (status < 400) return 23; // moved: "redirection to new destination"
  return status < 500 ? 41 : 127;
}

/** The SIP status for a Q.850 cause (RFC 3398 §7.2.4.1); 500 where it has none. */
export function statusOfCause(cause: number): number {
  return STATUS_OF_CAUSE.get(cause) ?? 500;
}
