import { StrowgerError } from '@strowger/runtime';
import type { MediaWishes } from './call-options.ts';
import type { MediaEndpointEvent, MediaSecurity } from './media-backend.ts';
import type { MediaPlace } from './media-place.ts';
import { judgeProtection, NOT_ENCRYPTED, spokenProtection } from './media-protection.ts';

type Keys = Extract<MediaEndpointEvent, { type: 'secured' }>;

/** @internal How the media of a session is protected, wherever it is. */
export class SessionProtection {
  private readonly onDowngrade: (detail: string) => void;
  private secured: Keys['keying'] | undefined;
  /** How media was protected last. */
  private agreed: MediaSecurity | undefined;

  /** @param onDowngrade told where media is protected less than was wished, or than it was. */
  constructor(onDowngrade: (detail: string) => void) {
    this.onDowngrade = onDowngrade;
  }

  /** By which keys media is encrypted; undefined where it is not. */
  get keying(): Keys['keying'] | undefined {
    return this.secured;
  }

  /** Whether anything was agreed on before. */
  get isAgreed(): boolean {
    return this.agreed !== undefined;
  }

  /** It was encrypted so in the process before. */
  restore(secured: Keys['keying'] | undefined): void {
    this.secured = secured;
  }

  /** What an endpoint has to keep to: what was wished; what was encrypted once stays so. */
  wanted({ srtp, keying }: MediaWishes): Pick<MediaWishes, 'srtp' | 'keying'> {
    const { secured } = this;
    if (secured !== undefined) return { srtp: 'required', keying: [secured] };
    return { ...(srtp && { srtp }), ...(keying && { keying }) };
  }

  /** Fails closed: throws `NOT_ENCRYPTED` for media that has to be encrypted, and is not. */
  judge(place: MediaPlace, now: MediaSecurity | undefined, wishes: MediaWishes): void {
    const { agreed: before } = this;
    const security = now ?? place.security;
    const policy = this.wanted(wishes).srtp;
    const judgement = judgeProtection({ policy, before, now: security });
    if (judgement === 'refused') {
      throw new StrowgerError(NOT_ENCRYPTED, 'media must be encrypted, and would not be');
    }
    place.security = security;
    this.agreed = security;
    if (judgement === 'downgraded') {
      const was = before === undefined ? `${policy} was wished` : spokenProtection(before);
      this.onDowngrade(`${spokenProtection(security)}, where ${was}`);
    }
  }

  /** Keys are there. */
  keyed(place: MediaPlace | undefined, { keying, suite }: Keys): void {
    this.secured = keying;
    if (place === undefined) return;
    const security: MediaSecurity =
      keying === 'sdes' ? { kind: 'sdes', suite } : { kind: 'dtls-srtp', suite, isVerified: true };
    place.security = security;
    this.agreed ??= security;
  }
}
