export { AnswererJudge, type AnswererOptions, type AnswererOutcome } from './answerer-judge.ts';
export { SpeechDetector, type SpeechEvent, type SpeechOptions } from './speech-detector.ts';
