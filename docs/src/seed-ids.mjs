/** Tests by a short name: the file, and words of the title. */
export const TESTS = {
  typed: [
    'packages/session-core/test/application-events.test.ts',
    'are those that it declared, each with what it says',
  ],
  falls: [
    'packages/sip-client/test/quality-events.test.ts',
    'D-23 C-09 TS-26 is told when it falls',
  ],
  recoverable: ['packages/session-core/test/recovery.test.ts', 'SESSION_ENDED after %i says what'],
  actable: ['packages/session-core/test/recovery.test.ts', 'CHANGE_REFUSED says what the peer'],
  life: ['packages/session-core/test/basic-call.test.ts', 'TS-01 TS-15 TS-16 rings, connects'],
  ends: ['packages/session-core/test/basic-call.test.ts', 'TS-04 TS-17 ends when the callee'],
  finds: ['packages/session-core/test/basic-call.test.ts', 'TS-02 finds a session by its dialog'],
  own: ['packages/session-core/test/basic-call.test.ts', 'tells every session its own events'],
  listeners: ['packages/session-core/test/basic-call.test.ts', 'survives listeners that throw'],
  closes: ['packages/session-core/test/in-dialog.test.ts', 'TS-03 TS-06 ends all sessions'],
  digits: ['packages/session-core/test/in-dialog.test.ts', 'TS-08 carries digits by media'],
  info: [
    'packages/session-core/test/in-dialog.test.ts',
    'are answered by what sessions understand',
  ],
  early: ['packages/session-core/test/call-setup.test.ts', 'TS-18 applies the answer of a 183'],
  noMedia: ['packages/session-core/test/call-setup.test.ts', 'TS-07 sends no INVITE'],
  mediaDies: [
    'packages/session-core/test/call-setup.test.ts',
    'TS-07 cancels, rejects or hangs up',
  ],
  routed: ['packages/session-core/test/invites.test.ts', 'is routed to a session'],
  madeOfInvite: ['packages/session-core/test/invites.test.ts', 'is made a session, which nobody'],
  ownInvite: ['packages/session-core/test/invites.test.ts', 'is sent by a session, with the media'],
  dialogsOf: ['packages/session-core/test/invites.test.ts', 'are found by their id, and say whose'],
  byHand: ['packages/session-core/test/invites.test.ts', 'takes a description that came another'],
  tornDown: ['packages/session-core/test/invites.test.ts', 'is torn down without a word'],
  perUser: ['packages/session-core/test/limits.test.ts', 'for each address that begins them'],
  manySessions: ['packages/session-core/test/limits.test.ts', 'rest on the timers of RFC 4028'],
  aged: ['packages/session-core/test/limits.test.ts', 'by their age: the forgotten'],
  badOptions: ['packages/session-core/test/limits.test.ts', '%j of a manager'],
  badCall: ['packages/session-core/test/limits.test.ts', '%j of a call'],
  redirects: ['packages/session-core/test/redirect.test.ts', 'follows, and says from whom'],
  forwards: ['packages/call-engine/test/forwarding.test.ts', 'always, goes there at once'],
  forwardsBusy: ['packages/call-engine/test/forwarding.test.ts', 'on busy, goes there then'],
  redirected: ['packages/session-core/test/call-setup.test.ts', 'is redirected, and challenged'],
  refusedState: ['packages/session-core/test/call-setup.test.ts', 'is refused with the state'],
  hold: ['packages/session-core/test/renegotiation.test.ts', 'TS-20 TS-05 moves both sides'],
  bothHold: ['packages/session-core/test/renegotiation.test.ts', 'settles when both sides hold'],
  refusedHold: ['packages/session-core/test/renegotiation.test.ts', 'stays as it was where'],
  update: ['packages/session-core/test/reliable.test.ts', 'holds and frees the call'],
  restores: ['packages/session-core/test/restore.test.ts', 'goes on in another one, with audio'],
  recovers: ['packages/session-core/test/media.test.ts', 'is opened and offered anew'],
  stopStart: ['packages/session-core/test/media.test.ts', 'is stopped, and started again'],
  pause: ['packages/session-core/test/media.test.ts', 'is paused in both directions'],
  rtpInfo: ['packages/session-core/test/media.test.ts', 'tells where its RTP is'],
  ownMedia: ['packages/session-core/test/media.test.ts', 'goes through the states that the table'],
  allowed: ['packages/session-core/test/media.test.ts', 'is refused with the state and with what'],
  mediaTable: ['packages/session-core/src/session-media-table.test.ts', 'the session-media table'],
  rows: ['packages/session-core/test/row-coverage.test.ts', 'lets nothing follow the end'],
  verbs: ['packages/session-core/test/verbs.test.ts', 'TS-15 TS-17 make a call, answer it'],
  withMedia: ['packages/session-core/test/verbs.test.ts', 'TS-16 TS-19 take a call'],
  busy: ['packages/session-core/test/verbs.test.ts', 'ring and answer, and say where'],
  progress: ['packages/session-core/test/verbs.test.ts', 'TS-18 tell the caller how it goes'],
  earlyDialog: ['packages/session-core/test/verbs.test.ts', 'TS-02 TS-18 give the early dialog'],
  sync: ['packages/session-core/test/verbs.test.ts', 'TS-10 bring a session in step'],
  search: ['packages/session-core/test/verbs.test.ts', 'TS-11 finds its sessions'],
  statistics: ['packages/session-core/test/verbs.test.ts', 'TS-26 sums up the legs'],
  stream: ['packages/session-core/test/verbs.test.ts', 'come as one stream, filtered'],
  dropped: ['packages/session-core/test/verbs.test.ts', 'that a slow reader misses'],
  blind: ['packages/session-core/test/transfer.test.ts', 'leaves the other party with the target'],
  declined: ['packages/session-core/test/transfer.test.ts', 'is declined unless the application'],
  oneCall: ['packages/session-core/test/transfer.test.ts', 'keeps the new session in the call'],
  attended: ['packages/session-core/test/transfer.test.ts', 'puts the other party in our place'],
  bridged: ['packages/session-core/test/transfer.test.ts', 'joins the two calls of an attended'],
  relay: ['packages/session-core/test/relays.test.ts', 'lets their media flow through each other'],
  conference: ['packages/session-core/test/conference.test.ts', 'lets all hear each other'],
  conferenceAll: ['packages/session-core/test/conference.test.ts', 'takes all of them or none'],
  conferenceHold: [
    'packages/session-core/test/conference.test.ts',
    'does not hear the music of who holds',
  ],
  conferenceLeaves: ['packages/session-core/test/conference.test.ts', 'lets a member go'],
  conferenceWaits: [
    'packages/session-core/test/conference.test.ts',
    'answers who calls, and lets it wait',
  ],
  conferenceMedia: [
    'packages/session-core/test/conference.test.ts',
    'goes on when the media of one member fails',
  ],
  conferenceRows: ['packages/session-core/test/conference.test.ts', 'had all of its rows driven'],
  conferencePackage: [
    'packages/session-core/test/conference.test.ts',
    'tells the whole state first',
  ],
  relayEnds: ['packages/session-core/test/relays.test.ts', 'ends with either of them'],
  byId: ['packages/session-core/test/relays.test.ts', 'loses its media, and has it back'],
  otherRefer: ['packages/session-core/test/relays.test.ts', 'does what a REFER asks for that came'],
  speech: ['packages/session-core/test/media.test.ts', 'tells when the peer begins to speak'],
  quality: ['packages/session-core/test/relays.test.ts', 'is that of its own media, or what'],
  b2bua: ['packages/session-core/test/relay.test.ts', 'connect a caller with a callee'],
  proven: ['packages/session-core/test/authentication.test.ts', 'TS-23 proves who it is'],
  unproven: ['packages/session-core/test/authentication.test.ts', 'TS-23 is refused without'],
  locked: ['packages/session-core/test/authentication.test.ts', 'is locked out after too many'],
  policy: ['packages/session-core/test/authentication.test.ts', 'is asked, let in or refused'],
  bypass: ['packages/session-core/test/authentication.test.ts', 'is let in by a bypass'],
  askedByApp: [
    'packages/session-core/test/authentication.test.ts',
    'by itself: challenge, require',
  ],
  authTable: [
    'packages/session-core/test/authentication.test.ts',
    'in its own way tells the table',
  ],
  pbxTransfer: [
    'packages/call-engine/test/transfer.test.ts',
    'as the called one, leaves the caller',
  ],
  pbxAttended: ['packages/call-engine/test/transfer.test.ts', 'connects the other parties of both'],
  pbxProof: ['packages/call-engine/test/authentication.test.ts', 'TS-21'],
  pbxCall: ['packages/call-engine/test/b2bua.test.ts', 'TS-09 rings, is answered'],
  pbxForks: ['packages/call-engine/test/b2bua.test.ts', 'TS-13 is for the first contact'],
  srtpAgreed: ['packages/session-core/test/media-security.test.ts', 'agree on, told on both sides'],
  srtpClosed: [
    'packages/session-core/test/media-security.test.ts',
    'fails closed where the other side offers none',
  ],
  srtpTold: [
    'packages/session-core/test/media-security.test.ts',
    'is told where it is less than was wished',
  ],
  srtpReal: ['packages/sip-client/test/loopback.test.ts', 'is protected by %s where one of them'],
  dialogMedia: [
    'packages/sip-client/test/media-manager.test.ts',
    'runs on the ports that these say',
  ],
  dialogMediaOnce: [
    'packages/sip-client/test/media-manager.test.ts',
    'is torn down without a word, and set up once',
  ],
  dialogMediaLacking: [
    'packages/session-core/test/dialog-media.test.ts',
    'is refused by a backend that makes its own alone',
  ],
  managerMedia: [
    'packages/sip-client/test/media-manager.test.ts',
    'has the media of each session, by the same name',
  ],
  sessionsRelay: [
    'packages/sip-client/test/media-manager.test.ts',
    'has their relays, by the same',
  ],
  transportTold: ['packages/session-core/test/transport.test.ts', 'told on both sides'],
  transportSecure: [
    'packages/session-core/test/transport.test.ts',
    'never goes over less than sips: asks for',
  ],
  transportPbx: ['packages/call-engine/test/sips.test.ts', 'goes on as sips:, over TLS'],
  sdpState: ['packages/media-core/src/sdp/sdp-context.test.ts', 'go from initial to complete'],
  sdpRollback: ['packages/media-core/src/sdp/sdp-context.test.ts', 'keep what was agreed when'],
  sdpForks: ['packages/media-core/src/sdp/sdp-context.test.ts', 'TS-24 take the answers'],
  sdpAudio: [
    'packages/media-core/src/sdp/sdp-context.test.ts',
    'is offered and answered in two lines',
  ],
  sdpOrder: ['packages/media-core/src/sdp/offer-answer.test.ts', 'TS-25 stand in our order'],
  manager: ['packages/media-core/test/media-manager.test.ts', 'is set up, created, started'],
  managerTurns: ['packages/media-core/test/media-manager.test.ts', 'turns its direction'],
  managerRelay: ['packages/media-core/test/media-manager.test.ts', 'hands packets on as they are'],
  managerDeath: ['packages/media-core/test/media-manager.test.ts', 'tells which sessions a worker'],
  level: ['packages/media-core/test/quality.test.ts', 'falls with the network, is told once'],
  linphone: ['e2e/phones.test.ts', 'TS-27 linphone through the PBX'],
};

const S = 'session-core:';
const M = 'media-core:';
const D = 'dialog-core:';
const E = 'call-engine:';

/**
 * What the seed names, one line each: id, the seed's name, our exports, tests. A line whose third part
 * begins with `open:` is not built.
 */
export const SEED = `
T-01 | SessionManager | ${S}SessionManager | life closes
T-02 | Session | ${S}Session | life
T-03 | SessionId | ${S}SessionId ${S}sessionId | life search
T-04 | SessionState | ${S}SessionState ${S}canTransition | rows life
T-05 | SessionMediaState | ${S}SessionMediaState ${S}sessionMediaTable | mediaTable
T-06 | SDP offer/answer state | ${M}SdpState ${D}offerAnswerTable | sdpState
T-07 | SdpContext | ${M}SdpContext | sdpState sdpRollback
T-08 | SessionDescription | ${M}SessionDescription | sdpState
T-09 | DialogManager | ${S}DialogManager ${S}SessionDirectory.dialogManager | dialogsOf
T-10 | DialogId | ${D}DialogId | earlyDialog
T-11 | MediaManager | ${M}MediaManager | manager
T-12 | MediaSessionId | ${M}MediaSessionId | manager
T-13 | MediaStream | ${M}RtpStream | manager
T-14 | MediaConfig | ${M}MediaConfig | manager
T-15 | MediaDirection | ${M}MediaDirection | managerTurns
T-16 | RtpStreamInfo | ${M}RtpStreamInfo ${S}RtpStreamInfo | manager rtpInfo
T-17 | QualityMetrics | ${S}QualityMetrics ${M}QualityMetrics | level quality
T-18 | RelayId | ${S}RelayId ${M}RelayId | relay managerRelay
T-19 | ConferenceId | ${S}ConferenceId | conference
T-20 | MediaPreferences | ${S}MediaPreferences | withMedia
T-21 | CallOptions | ${S}CallOptions | verbs
T-22 | CallContext | ${S}CallContext | routed
T-23 | CallState | ${S}CallState | sync
T-24 | CallStatistics | ${S}CallStatistics | statistics
T-25 | CallProgress | ${S}CallProgress | progress
T-26 | Credentials | ${S}SessionCredentials | askedByApp
T-27 | Challenge | sip-message:Challenge | askedByApp
T-28 | AuthenticationState | ${S}AuthenticationState | authTable
T-29 | SessionEvent | ${S}SessionEvent | own stream
T-30 | MediaEvent | ${M}MediaEvent | manager
T-31 | EventBus | runtime:Emitter ${S}EventStreamOptions | own stream
T-32 | Error with recovery | runtime:StrowgerError ${S}recoveryOf | recoverable actable
T-33 | Request, Uri | sip-message:SipRequest sip-message:Uri | life
T-34 | call id to sessions | ${S}SessionDirectory.getSessionsForCall | finds
P11-1 | asynchronous event processing | ${S}SessionManager | own
P11-2 | session lifecycle | ${S}SessionManager.call | life ends
P11-3 | transactions and dialogs | ${S}Session.dialog | finds
P11-4 | events | ${S}SessionDirectory.on | own listeners
P11-5 | session to dialog | ${S}SessionDirectory.findSessionForDialog | finds
P11-6 | efficient runtime | ${S}SessionManager.counts | manySessions
P12-1 | state transitions | ${S}sessionTable | rows life
P12-2 | SessionState | ${S}SessionState | life
P12-3 | transaction tracking | ${S}SessionManager.counts | closes
P12-4 | termination and clean-up | ${S}Session.hangUp | ends closes
P12-5 | recovery and errors | ${S}SessionMedia.handleMediaFailure | recovers
P13-1 | DialogManager in SessionManager | ${S}SessionManager.dialogs | finds
P13-2 | dialog to session | ${S}SessionDirectory.findSessionForDialog | finds
P13-3 | dialog lifecycle with session states | ${S}Session.earlyDialogs | earlyDialog
P13-4 | events between dialogs and sessions | ${S}SessionEvents | own
P13-5 | dialog recovery | ${S}SessionManager.restore | restores
P14-1 | helpers | ${S}makeCall | verbs
P14-2 | make_call | ${S}makeCall | verbs
P14-3 | answer_call | ${S}answerCall | verbs
P14-4 | end_call | ${S}endCall | verbs busy
P14-5 | create_dialog_from_invite | ${S}createDialogFromInvite | earlyDialog
P14-6 | errors with context and recovery | ${S}recoveryOf ${S}ChangeRefusal | recoverable actable
P21-1 | SdpContext per dialog | ${M}SdpContext | sdpState
P21-2 | offer/answer states | ${M}SdpState | sdpState
P21-3 | create_audio_offer | ${M}createAudioOffer | sdpAudio
P21-4 | create_audio_answer | ${M}createAudioAnswer | sdpAudio
P21-5 | renegotiation | ${S}Session.renegotiate | hold
P21-6 | extract_media_config | ${M}extractMediaConfig | sdpAudio
P22-1 | MediaManager | ${M}MediaManager | manager
P22-2 | bridge to media-core | ${S}MediaBackend | life
P22-3 | session to stream | ${M}MediaManager.mediaSessionsOf | manager
P22-4 | start, stop, pause | ${S}SessionMedia.startMedia ${S}SessionMedia.stopMedia | stopStart pause
P22-5 | RTP by SDP | ${S}MediaEndpoint | life
P22-6 | clean-up of media | ${S}MediaEndpoint | closes
P22-7 | SessionMediaState | ${S}SessionMediaState | mediaTable
P22-8 | media state in Session | ${S}SessionMedia.mediaState | ownMedia
P22-9 | MediaSessionId in Session | ${S}SessionMedia.setMediaSessionId | ownMedia
P22-10 | quality tracking | ${S}SessionMedia.mediaMetrics | quality
P22-11 | media failure and recovery | ${S}SessionMedia.handleMediaFailure | recovers
P22-12 | MediaConfig of SDP | ${M}MediaConfig | manager
P22-13 | RtpStreamInfo | ${S}SessionMedia.rtpStreamInfo | rtpInfo
P22-14 | media with session states | ${S}SessionMedia.mediaState | stopStart
P22-15 | MediaStream | ${M}RtpStream | manager
P22-16 | MediaEvent | ${M}MediaEvent | manager
P22-17 | media events through sessions | ${S}SessionEvents | own digits
P22-18 | failure events | ${S}SessionEvents | recovers
P22-19 | media_started, media_stopped, media_failed | ${M}MediaEvents | manager managerDeath
P23-1 | put_call_on_hold | ${S}putCallOnHold | verbs refusedHold
P23-2 | resume_held_call | ${S}resumeHeldCall | verbs
P23-3 | directions | ${S}Session.mediaDirection | hold pause
P23-4 | pause_media, resume_media | ${S}SessionMedia.pauseMedia ${S}SessionMedia.resumeMedia | pause
P23-5 | media state validation | ${S}sessionMediaTable | ownMedia
P23-6 | negotiation state | ${S}SessionMedia.setMediaNegotiating | ownMedia
P23-7 | media configuration | ${M}extractMediaConfig | sdpAudio
P31-1 | session factory | ${S}SessionManager.call | life
P31-2 | create_session_for_invite | ${S}SessionManager.createSessionForInvite | madeOfInvite ownInvite
P31-3 | inbound and outbound | ${S}Session.direction | search
P31-4 | configuration validation | ${S}SessionManagerOptions | badOptions badCall
P31-5 | search and filter | ${S}SessionFilter ${S}SessionDirectory.find | search
P31-6 | groups and batches | ${S}SessionDirectory.getSessionsForCall ${S}SessionDirectory.endSessions | search
P31-7 | metrics and monitoring | ${S}SessionManager.counts | statistics
P31-8 | clean-up | ${S}SessionManager.close | closes
P32-1 | link_session_to_call | ${S}SessionDirectory.linkSessionToCall | search
P32-2 | sessions for INVITEs | ${S}SessionManagerOptions | life
P32-3 | routing with call-engine | call-engine:CallEngine | pbxCall
P32-4 | transfer | ${S}Session.transfer ${S}TransferHooks | blind attended
P32-5 | forwarding and redirection | ${S}Session.redirect ${S}CallOptions.followRedirects ${E}ForwardingRules | redirects forwards forwardsBusy
P32-6 | conference | ${S}SessionManager.createConference ${S}Conference.join | conference conferenceWaits
P32-7 | media with session states | ${S}SessionMedia.mediaState | hold
P32-8 | quality monitoring | ${S}SessionMedia.mediaMetrics | quality
P32-9 | media failure | ${S}SessionMedia.handleMediaFailure | recovers mediaDies
P32-10 | RTP relay | ${S}SessionManager.setupRtpRelay | relay
P32-11 | DTMF | ${S}Session.sendDigits | digits info
P32-12 | voice activity | ${S}SessionEventDetails.speechStarted ${S}SessionEventDetails.speechEnded | speech
P33-1 | SessionEvent with media | ${S}SessionEvents | own
P33-2 | MediaEvent | ${M}MediaEvent | manager
P33-3 | correlation | ${S}EventHead | own
P33-4 | custom events | ${S}ApplicationEvents ${S}Session.publish | own
P33-5 | webhooks | open: comes with the full call engine
P33-6 | REST | open: comes with the full call engine
P33-7 | WebSocket streaming | open: comes with the full call engine
P33-8 | shared event bus | open: comes with the full call engine
P41-1 | digest | ${S}SessionAuthenticationOptions | proven
P41-2 | SRTP coordination | ${S}SessionManagerOptions.srtp ${S}SessionMedia.mediaSecurity ${S}MediaSecurity | srtpAgreed srtpClosed srtpTold srtpReal
P41-3 | TLS selection | ${S}CallOptions.transport ${S}Session.transport ${S}SessionTransport | transportTold transportSecure transportPbx
P41-4 | security events | ${S}SecurityEvent | locked bypass srtpTold transportSecure
P42-1 | session pooling | ${S}SessionLimits.perUser ${S}SessionLimits.maxAgeMs | perUser aged
P42-2 | load balancing | open: comes with the full call engine
P42-3 | several instances | open: comes with the full call engine
P42-4 | memory | ${S}SessionManager.counts ${S}SessionLimits.sessions | manySessions
P43-1 | call quality metrics | ${S}CallStatistics | statistics
P43-2 | duration and success rate | open: comes with the full call engine
P43-3 | performance monitoring | open: comes with the full call engine
P43-4 | tracing | open: comes with the full call engine
F-01 | create_media_session | ${M}MediaManager.createMediaSession | manager
F-02 | start_media | ${M}MediaManager.startMedia | manager
F-03 | stop_media | ${M}MediaManager.stopMedia | manager
F-04 | setup_rtp_streams | ${M}MediaManager.setupRtpStreams | manager
F-05 | update_media_direction | ${M}MediaManager.updateMediaDirection | managerTurns
F-06 | setup_rtp_relay | ${M}MediaManager.setupRtpRelay | managerRelay
F-07 | teardown_rtp_relay | ${M}MediaManager.teardownRtpRelay | managerRelay
F-08 | start_session_media | ${S}SessionDirectory.startSessionMedia | byId
F-09 | stop_session_media | ${S}SessionDirectory.stopSessionMedia | byId
F-10 | update_session_media | ${S}SessionDirectory.updateSessionMedia ${S}SessionMedia.updateMedia | byHand
F-11 | create_session_for_invite | ${S}SessionManager.createSessionForInvite | madeOfInvite ownInvite
F-12 | find_session_for_dialog | ${S}SessionDirectory.findSessionForDialog | finds
F-13 | link_session_to_call | ${S}SessionDirectory.linkSessionToCall | search
F-14 | get_sessions_for_call | ${S}SessionDirectory.getSessionsForCall | finds
F-15 | setup_media_for_dialog | ${S}SessionDirectory.setupMediaForDialog | dialogMedia dialogMediaLacking dialogMediaOnce
F-16 | teardown_media_for_session | ${S}SessionDirectory.teardownMediaForSession ${S}SessionMedia.tearDownMedia | tornDown
F-17 | setup_rtp_relay | ${S}SessionManager.setupRtpRelay | relay
F-18 | teardown_rtp_relay | ${S}SessionManager.teardownRtpRelay | relay
F-19 | route_invite_to_session | ${S}SessionManager.routeInviteToSession | routed
F-20 | handle_call_transfer | ${S}SessionManager.handleCallTransfer | otherRefer
F-21 | setup_conference_bridge | ${S}SessionManager.setupConferenceBridge | conference conferenceAll
F-22 | sync_session_with_call_state | ${S}syncSessionWithCallState | sync
F-23 | get_call_statistics | ${S}SessionDirectory.getCallStatistics | statistics
F-24 | authenticate_session | ${S}SessionDirectory.authenticateSession | askedByApp
F-25 | challenge_session | ${S}SessionDirectory.challengeSession | askedByApp
F-26 | require_authentication | ${S}SessionDirectory.requireAuthentication | askedByApp
F-27 | media_state | ${S}SessionMedia.mediaState | ownMedia
F-28 | start_media | ${S}SessionMedia.startMedia | stopStart
F-29 | stop_media | ${S}SessionMedia.stopMedia | stopStart
F-30 | pause_media | ${S}SessionMedia.pauseMedia | pause
F-31 | resume_media | ${S}SessionMedia.resumeMedia | pause
F-32 | set_media_session_id | ${S}SessionMedia.setMediaSessionId | ownMedia
F-33 | media_session_id | ${S}SessionMedia.mediaSessionId | ownMedia
F-34 | update_media_metrics | ${S}SessionMedia.updateMediaMetrics | quality
F-35 | media_metrics | ${S}SessionMedia.mediaMetrics | quality
F-36 | set_rtp_stream_info | ${S}SessionMedia.setRtpStreamInfo | ownMedia
F-37 | rtp_stream_info | ${S}SessionMedia.rtpStreamInfo | rtpInfo
F-38 | has_active_media | ${S}SessionMedia.hasActiveMedia | ownMedia
F-39 | has_media_configured | ${S}SessionMedia.hasMediaConfigured | ownMedia
F-40 | handle_media_failure | ${S}SessionMedia.handleMediaFailure | ownMedia
F-41 | set_media_negotiating | ${S}SessionMedia.setMediaNegotiating | ownMedia
F-42 | complete_media_negotiation | ${S}SessionMedia.completeMediaNegotiation | ownMedia
F-43 | set_authentication_state | ${S}Session.setAuthenticationState | authTable
F-44 | get_authentication_state | ${S}Session.getAuthenticationState | proven
F-45 | is_authenticated | ${S}Session.isAuthenticated | proven
F-46 | make_call | ${S}makeCall | verbs
F-47 | answer_call | ${S}answerCall | verbs
F-48 | end_call | ${S}endCall | verbs
F-49 | create_dialog_from_invite | ${S}createDialogFromInvite | earlyDialog
F-50 | create_audio_offer | ${M}createAudioOffer | sdpAudio
F-51 | create_audio_answer | ${M}createAudioAnswer | sdpAudio
F-52 | extract_media_config | ${M}extractMediaConfig | sdpAudio
F-53 | put_call_on_hold | ${S}putCallOnHold | verbs
F-54 | resume_held_call | ${S}resumeHeldCall | verbs
F-55 | make_outbound_call | ${S}makeOutboundCall | busy
F-56 | handle_incoming_invite | ${S}handleIncomingInvite | busy
F-57 | make_outbound_call_with_media | ${S}makeOutboundCallWithMedia | withMedia
F-58 | handle_incoming_invite_with_media | ${S}handleIncomingInviteWithMedia | withMedia
F-59 | manage_call_progress | ${S}manageCallProgress | progress
E-01 | Created | ${S}SessionEventDetails.created | own
E-02 | StateChanged | ${S}SessionEventDetails.stateChanged | own
E-03 | Terminated | ${S}SessionEventDetails.terminated | ends
E-04 | Custom | ${S}SessionEventDetails.custom | own
E-05 | events preserved | ${S}SessionEvents | own
E-06 | MediaStarted | ${M}MediaEventDetails.mediaStarted | manager
E-07 | MediaStopped | ${M}MediaEventDetails.mediaStopped | manager
E-08 | MediaQualityChanged | ${M}MediaEventDetails.mediaQualityChanged | level
E-09 | MediaFailed | ${M}MediaEventDetails.mediaFailed | managerDeath
E-10 | RelayEstablished | ${S}SessionEventDetails.relayEstablished | relay
E-11 | RelayTerminated | ${S}SessionEventDetails.relayTerminated | relay relayEnds
E-12 | media_started, media_stopped, media_failed | ${M}MediaEvents | manager
E-13 | call progress | ${S}SessionEventDetails.progress | progress
E-14 | transfer | ${S}SessionEventDetails.transferEnded | blind
E-15 | conference | ${S}SessionEventDetails.conferenceJoined ${S}SessionEventDetails.conferenceLeft ${S}SessionEventDetails.conferenceChanged | conference conferenceHold
E-16 | authentication, security | ${S}SessionEventDetails.security | locked
E-17 | DTMF | ${S}SessionEventDetails.digit | digits
E-18 | voice activity | ${S}SessionEventDetails.speechStarted ${S}SessionEventDetails.speechEnded | speech
D-01 | MediaManager | ${M}MediaManager | manager
D-02 | MediaSessionId, RelayId | ${M}MediaSessionId ${M}RelayId | manager
D-03 | MediaConfig to RTP | ${M}MediaManager.createMediaSession | manager
D-04 | session to media | ${M}MediaManager.mediaSessionsOf | manager
D-05 | MediaEvent | ${M}MediaEvent | manager
D-06 | quality | ${M}MediaManager.qualityMetrics | level
D-07 | works and builds | ${M}MediaManager | manager
D-08 | clean-up | ${M}MediaManager.close | manager
D-09 | MediaManager in SessionManager | ${S}SessionDirectory.mediaManager ${S}SessionMediaManager media-core:MediaManager | managerMedia sessionsRelay
D-10 | SessionMediaState | ${S}sessionMediaTable | mediaTable
D-11 | session to media | ${S}SessionMedia.media | life
D-12 | SDP to MediaConfig | ${M}extractMediaConfig | sdpAudio
D-13 | media status | ${S}SessionMedia.mediaState | stopStart
D-14 | media failure | ${S}SessionMedia.handleMediaFailure | recovers
D-15 | helpers with media | ${S}makeOutboundCallWithMedia | withMedia
D-16 | media operations | ${S}SessionMedia | stopStart
D-17 | media events | ${S}SessionEvents | digits
D-18 | strict types | ${S}SessionManager | life
D-19 | custom media events | ${S}ApplicationEvents ${S}ApplicationEvent | typed
D-20 | MediaEvent | ${M}MediaEvent | manager
D-21 | events of both | ${S}SessionEvents ${M}MediaEvents | own manager
D-22 | correlation | ${S}EventHead | own
D-23 | quality events with metrics | ${S}SessionEventDetails.qualityChanged | falls level
D-24 | failures with context | ${S}SessionEventDetails.mediaFailed | recovers
D-25 | relay events | ${S}SessionEventDetails.relayEstablished | relay
D-26 | custom events | ${S}Session.publish | own
A-01 | route_invite_to_session | ${S}SessionManager.routeInviteToSession ${S}CallContext | routed
A-02 | call and session in step | ${S}syncSessionWithCallState | sync
A-03 | several sessions of a call | ${S}SessionDirectory.getSessionsForCall | search
A-04 | REFER | ${S}TransferHooks | blind
A-05 | transfer state | ${S}Transfer | blind
A-06 | attended, unattended | ${S}Session.transfer | attended blind
A-07 | conferences | ${S}SessionManager.setupConferenceBridge | conferenceAll conferenceLeaves
A-08 | relays for conferences | ${S}MediaBackend.openConference ${S}Conference.join | conference conferenceMedia
A-09 | conference state | ${S}Conference.members ${S}conferenceTable | conferenceRows conferencePackage
A-10 | call tracking | call-engine:Call.sessions | pbxCall
A-11 | find_session_for_dialog | ${S}SessionDirectory.findSessionForDialog | pbxAttended
A-12 | get_sessions_for_call | ${S}SessionDirectory.getSessionsForCall | oneCall
A-13 | session and dialog state | ${S}Session.dialog | ends
A-14 | routing by session state | call-engine:callTable | pbxForks
A-15 | transfer and forwarding | ${S}Session.transfer | blind
A-16 | routing with transfer | call-engine:CallEngine | pbxTransfer
B-01 | outbound with media | ${S}makeOutboundCallWithMedia | withMedia
B-02 | inbound with preferences | ${S}handleIncomingInviteWithMedia | withMedia
B-03 | early media | ${S}Session.progress | early
B-04 | provisional responses | ${S}Session.ring | progress
B-05 | progress events | ${S}SessionEventDetails.progress | progress
B-06 | custom progress | ${S}CallProgress | progress
B-07 | automatic SDP | ${S}SessionManager.call | life
B-08 | preferences negotiated | ${S}MediaPreferences | withMedia
B-09 | transaction, session, dialog | ${S}SessionManager | finds
B-10 | states by progress | ${S}sessionTable | life
B-11 | dialog and session state | ${S}Session.dialog | ends
B-12 | provisional responses | ${S}ProgressOptions | early
B-13 | hold and resume | ${S}putCallOnHold | hold bothHold update
B-14 | termination | ${S}endCall | verbs
U-01 | AuthenticationState | ${S}AuthenticationState | authTable
U-02 | tracked by session | ${S}Session.getAuthenticationState | proven
U-03 | transitions | ${S}authenticationTable | authTable
U-04 | challenge_session | ${S}SessionDirectory.challengeSession | askedByApp
U-05 | credential store | call-engine:CredentialStore | pbxProof
U-06 | nonces | transaction-core:DigestServer | locked
U-07 | require_authentication | ${S}SessionDirectory.requireAuthentication | policy
U-08 | creation with requirements | ${S}SessionAuthenticationOptions | unproven
U-09 | bypass | ${S}bypassAuthentication | bypass
C-01 | setup_media_for_dialog | ${S}SessionDirectory.setupMediaForDialog | dialogMedia dialogMediaOnce
C-02 | media with the dialog | ${S}SessionManager | life
C-03 | media ends with the dialog | ${S}SessionManager | ends
C-04 | setup_rtp_relay | ${S}SessionManager.setupRtpRelay | relay
C-05 | relay between sessions | ${S}SessionManager.setupRtpRelay | relay b2bua
C-06 | relay torn down | ${S}SessionManager.teardownRtpRelay | relay
C-07 | RTP statistics | ${S}SessionMedia.rtpStreamInfo | rtpInfo
C-08 | quality | ${S}SessionMedia.mediaMetrics | quality
C-09 | media events | ${S}SessionEventDetails.qualityChanged | falls
`;

/** The seed's own tests that are not there. */
export const OPEN_TESTS = {
  'TS-14': 'persistence of calls comes with the full call engine',
};

/** Where more is said of one of the seed's own tests. */
export const TEST_PAGES = { 'TS-27': 'interoperability.md' };
