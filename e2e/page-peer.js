// Runs in Chromium: its own RTCPeerConnection, whose descriptions hold no candidate; each goes its own way.
import { listen, summary } from './browser-call.js';

let connection;
const candidates = [];

const withoutCandidates = (sdp) => sdp.replaceAll(/^a=(candidate:.*|end-of-candidates)\r\n/gmu, '');

window.peer = {
  /** With a microphone: who may have one shows its addresses, and not names of mDNS. */
  async open() {
    connection?.close();
    candidates.length = 0;
    connection = new RTCPeerConnection();
    connection.onicecandidate = ({ candidate }) => candidates.push(candidate?.candidate ?? '');
    const audio = { echoCancellation: false, noiseSuppression: false, autoGainControl: false };
    const microphone = await navigator.mediaDevices.getUserMedia({ audio });
    for (const track of microphone.getTracks()) connection.addTrack(track, microphone);
  },
  async offer() {
    const offer = await connection.createOffer();
    await connection.setLocalDescription(offer);
    return withoutCandidates(offer.sdp);
  },
  async answer(sdp) {
    await connection.setRemoteDescription({ type: 'offer', sdp });
    const answer = await connection.createAnswer();
    await connection.setLocalDescription(answer);
    return withoutCandidates(answer.sdp);
  },
  accept: (sdp) => connection.setRemoteDescription({ type: 'answer', sdp }),
  /** What it has found since this was asked last; the last one is empty. */
  found: () => candidates.splice(0),
  add: (candidate, sdpMid) => connection.addIceCandidate({ candidate, sdpMid }),
  state: () => connection.iceConnectionState,
  heardFor: (hz, ms) => listen(connection, hz, ms),
  summary: async () => summary([...(await connection.getStats()).values()]),
  close: () => connection.close(),
};
