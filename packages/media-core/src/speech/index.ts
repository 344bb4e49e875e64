export { SpeechDetector, type SpeechEvent, type SpeechOptions } from './speech-detector.ts';
