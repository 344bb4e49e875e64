export { BrowserEndpoint } from './browser-endpoint.ts';
export { BrowserMedia, type BrowserMediaOptions, callAudio } from './browser-media.ts';
export { CallAudio, type CallAudioOptions } from './call-audio.ts';
export { audioDevices, type MicrophoneSource } from './microphone.ts';
