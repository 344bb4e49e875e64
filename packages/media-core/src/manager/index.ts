export type {
  MediaEvent,
  MediaEventDetails,
  MediaEvents,
  MediaSessionId,
  RelayId,
  RelayMode,
} from './media-event.ts';
export type { ManagedEndpoint } from './managed-endpoint.ts';
export {
  MediaManager,
  type MediaManagerOptions,
  type NegotiatedRequest,
} from './media-manager.ts';
export type { MediaAudio, MediaSessionPhase, RtpStreamInfo } from './media-session.ts';
