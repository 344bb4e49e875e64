import type { IceDescription, NegotiatedIce } from '../sdp/index.ts';
import type { IceCredentials } from './binding.ts';
import { CheckList, type IcePair, type IceRemote } from './check-list.ts';

/** The two sides' credentials, and what was found with them until there were others. */
export interface Generation {
  readonly local: IceCredentials & Pick<IceDescription, 'lite'>;
  readonly remote: IceCredentials;
  /** What the other side has told of itself. */
  readonly remotes: IceRemote[];
  readonly list: CheckList;
  /** Where media goes. */
  selected: IcePair | undefined;
  /** Whose check says so, where that is ours to say. */
  nominating: IcePair | undefined;
}

export function newGeneration({ local, remote, controlling }: NegotiatedIce): Generation {
  const list = new CheckList(controlling);
  return { local, remote, list, remotes: [], selected: undefined, nominating: undefined };
}

/** More than anybody has; whoever sends candidates without end is not heard out. */
const MOST_REMOTES = 100;

/** Takes note of a candidate; `undefined` where it is known, or one too many. */
export function learnRemote(
  { remotes }: Generation,
  { address, port, priority }: IceRemote,
): IceRemote | undefined {
  const isFull = remotes.length >= MOST_REMOTES;
  if (isFull || remotes.some((one) => one.port === port && one.address === address))
    return undefined;
  const remote = { address, port, priority };
  remotes.push(remote);
  return remote;
}
