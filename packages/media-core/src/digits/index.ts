export { DigitMerger } from './digit-merger.ts';
export { DtmfDetector, type DtmfListener } from './dtmf-detector.ts';
export { DtmfSender, type InbandRequest } from './dtmf-sender.ts';
export { Goertzel } from './goertzel.ts';
