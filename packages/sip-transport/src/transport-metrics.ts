/** What happened since the layer was made; every number only grows. */
export interface TransportMetrics {
  /** Messages handed up. */
  received: number;
  /** Messages for which there was a socket; those that failed afterwards included. */
  sent: number;
  /** Messages that were told to have failed. */
  failed: number;
  /** Messages that are no SIP, or broken. */
  refused: number;
  /** Refused requests that were answered with the status they deserve. */
  refusalsAnswered: number;
  /** Messages over the limit of their source. */
  droppedByAdmission: number;
  /** Messages and connections of sources that are banned. */
  droppedByBan: number;
  /** Requests of scanners. */
  droppedScanners: number;
  /** New requests answered with 503 because there was too much to do. */
  refusedByOverload: number;
  /** Answers withheld from UDP sources that had not sent as much. */
  withheldByAmplification: number;
  /** Requests of ours that were not sent because their address is denied. */
  addressesDenied: number;
  /** Sources that were banned. */
  bans: number;
  /** Responses whose top Via is not ours (RFC 3261 §18.1.2). */
  droppedStrayResponses: number;
  /** Keep-alives that came: CRLF (RFC 5626 §3.5.1), and the pings and pongs of WebSocket. */
  keepAlives: number;
  /** STUN Binding requests that were answered (RFC 5626 §8). */
  stunAnswered: number;
  connectionsAccepted: number;
  connectionsOpened: number;
  /** Connections turned away because of a limit. */
  connectionsRefused: number;
  /** Connections closed to make room for others. */
  connectionsEvicted: number;
  /** Accepted sockets on which TLS or WebSocket was not agreed upon. */
  handshakesFailed: number;
  /** Connections that did not open: refused by the peer, or too late. */
  connectsFailed: number;
  /** Connections closed because nothing moved. */
  idleTimeouts: number;
  /** Connections closed because a message was not whole, or none came, in time. */
  slowTimeouts: number;
}

/** All zero. */
export function newMetrics(): TransportMetrics {
  return {
    received: 0,
    sent: 0,
    failed: 0,
    refused: 0,
    refusalsAnswered: 0,
    droppedByAdmission: 0,
    droppedByBan: 0,
    droppedScanners: 0,
    refusedByOverload: 0,
    withheldByAmplification: 0,
    addressesDenied: 0,
    bans: 0,
    droppedStrayResponses: 0,
    keepAlives: 0,
    stunAnswered: 0,
    connectionsAccepted: 0,
    connectionsOpened: 0,
    connectionsRefused: 0,
    connectionsEvicted: 0,
    handshakesFailed: 0,
    connectsFailed: 0,
    idleTimeouts: 0,
    slowTimeouts: 0,
  };
}
