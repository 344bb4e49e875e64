export { AnswererJudge, type AnswererOptions, type AnswererOutcome } from './answerer-judge.ts';
export { type VoiceJudge, VoiceLibrary } from './voice-library.ts';
export { SpeechDetector, type SpeechEvent, type SpeechOptions } from './speech-detector.ts';
