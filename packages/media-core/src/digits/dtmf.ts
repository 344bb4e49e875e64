/** The frequencies of the rows and columns of a keypad in Hz (ITU-T Q.23). */
export const ROWS_HZ = [697, 770, 852, 941] as const;
export const COLUMNS_HZ = [1209, 1336, 1477, 1633] as const;

const KEYPAD = ['123A', '456B', '789C', '*0#D'] as const;

/** The digit at a row and a column. */
export function digitAt(row: number, column: number): string {
  return KEYPAD[row]?.[column] ?? '';
}

/** Both frequencies of a digit `0-9*#A-D`. */
export function frequenciesOf(digit: string): readonly [number, number] | undefined {
  const row = KEYPAD.findIndex((digits) => digits.includes(digit));
  const low = ROWS_HZ[row];
  const high = COLUMNS_HZ[KEYPAD[row]?.indexOf(digit) ?? -1];
  return low === undefined || high === undefined ? undefined : [low, high];
}
