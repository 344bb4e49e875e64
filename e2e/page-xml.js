// Runs in Chromium: what bodies say, by the parser that the browser has.
import { parseConferenceInfo, parseDialogInfo, parseIsComposing, parsePidf } from '@strowger/dialog-core';

const readers = { parseConferenceInfo, parseDialogInfo, parseIsComposing, parsePidf };

window.read = (reader, body) => JSON.stringify(readers[reader](body));
