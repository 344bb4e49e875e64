import { StrowgerError } from '@strowger/runtime';

/** @internal An input that a state has no row for: the error names the state and what it allows. */
export function refusedBy(
  code: string,
  refused: { readonly input: string; readonly state: string; readonly allowed: readonly string[] },
): StrowgerError {
  const { input, state, allowed } = refused;
  const instead = allowed.length === 0 ? 'nothing' : allowed.join(', ');
  return new StrowgerError(code, `${input} is not possible while ${state}; allowed: ${instead}`);
}
