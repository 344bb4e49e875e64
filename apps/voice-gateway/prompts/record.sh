#!/bin/sh
# Records the prompts of the demonstration anew, for machines without a synthesiser: espeak-ng speaks,
# sox makes 8 kHz µ-law of it. `prompts.json` has the file of each text, and the voice in its name.
set -eu
cd "$(dirname "$0")"
node -e '
  for (const [text, file] of Object.entries(JSON.parse(require("fs").readFileSync("prompts.json", "utf8")))) {
    console.log(`${file}\t${text}`);
  }
' | while IFS="$(printf '\t')" read -r file text; do
  case $file in
    caller-*) voice=en+f3 ;;
    *) voice=en ;;
  esac
  espeak-ng -v "$voice" --stdout -- "$text" | sox -t wav - -r 8000 -e u-law "$file" vol 0.6
done
