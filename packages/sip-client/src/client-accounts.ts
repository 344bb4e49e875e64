import { StrowgerError } from '@strowger/runtime';
import { type Account, type AccountOptions, badAccount, readAccount } from './account.ts';
import { isOf } from './called-line.ts';
import type { ClientAccount } from './client-account.ts';

/** How many accounts a client may have, its own among them. */
const MOST_ACCOUNTS = 100;

/** What the accounts of a client are made with. */
export interface ClientAccountsOptions {
  /** Where all of them are, where there is but one server. */
  readonly server: string | undefined;
  /** `remove` forgets it; absent for the client's own. */
  make(account: Account, remove?: () => void): ClientAccount;
}

/** The accounts of one client: its own, and those that were added. */
export class ClientAccounts {
  readonly own: ClientAccount;
  private readonly options: ClientAccountsOptions;
  private readonly live = new Map<Account, ClientAccount>();
  /** Those that were removed, too, while calls of theirs are. */
  private readonly made = new WeakMap<Account, ClientAccount>();

  constructor(own: Account, options: ClientAccountsOptions) {
    this.options = options;
    this.own = this.keep(own, options.make(own));
  }

  /** The client's own first. */
  get all(): readonly ClientAccount[] {
    return [...this.live.values()];
  }

  /** Throws `BAD_ACCOUNT`, `TOO_MANY_ACCOUNTS`. */
  add(options: AccountOptions): ClientAccount {
    const { server, make } = this.options;
    if (server !== undefined && options.server !== undefined) {
      throw badAccount('server', 'all accounts of a page are where its WebSocket leads');
    }
    const account = readAccount(server === undefined ? options : { ...options, server });
    if ([...this.live.keys()].some(({ uri }) => isOf({ uri }, account.uri))) {
      throw badAccount('uri', `${options.uri} is an account of this client already`);
    }
    if (this.live.size >= MOST_ACCOUNTS) {
      throw new StrowgerError('TOO_MANY_ACCOUNTS', `a client has ${MOST_ACCOUNTS} at most`);
    }
    return this.keep(
      account,
      make(account, () => this.live.delete(account)),
    );
  }

  /** Which one has this account. */
  of(account: Account): ClientAccount {
    return this.made.get(account) ?? this.own;
  }

  private keep(account: Account, made: ClientAccount): ClientAccount {
    this.live.set(account, made);
    this.made.set(account, made);
    return made;
  }
}
