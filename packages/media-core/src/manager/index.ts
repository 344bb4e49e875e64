export type {
  MediaEvent,
  MediaEventDetails,
  MediaEvents,
  MediaSessionId,
  RelayId,
  RelayMode,
} from './media-event.ts';
export { MediaManager, type MediaManagerOptions } from './media-manager.ts';
export type { MediaAudio, MediaSessionPhase, RtpStreamInfo } from './media-session.ts';
