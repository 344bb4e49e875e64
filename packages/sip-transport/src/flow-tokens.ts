import { createHmac, createSecretKey, type KeyObject, timingSafeEqual } from 'node:crypto';
import { StrowgerError } from '@strowger/runtime';
import { type Hop, transportOf } from './hop.ts';
import { familyOf } from './ip-address.ts';

/** Bytes of the authentication code: forging one takes 2^127 tries on average. */
const MAC_BYTES = 16;
const LEAST_KEY_BYTES = 16;
/** A token of ours is shorter than half of it. */
const MOST_CHARACTERS = 400;

/**
 * Writes the flow that a request came over into a text that others may carry and not change
 * (RFC 5626 §5.2): for Path and Record-Route, so that requests find the way back.
 */
export class FlowTokens {
  private readonly key: KeyObject;

  /** Throws `BAD_FLOW_TOKEN_KEY` for a key below 16 bytes. */
  constructor(key: Uint8Array) {
    if (key.length < LEAST_KEY_BYTES) {
      const what = `a key for flow tokens has ${LEAST_KEY_BYTES} bytes at least`;
      throw new StrowgerError('BAD_FLOW_TOKEN_KEY', what, {
        recovery: { kind: 'fixConfiguration', key: 'flowTokenKey' },
      });
    }
    this.key = createSecretKey(key);
  }

  /** Letters, digits, `-` and `_`: fit for the user part of a URI. */
  write({ transport, address, port, flow }: Hop): string {
    const text = Buffer.from(`${transport} ${address} ${port} ${flow}`);
    return Buffer.concat([this.mac(text), text]).toString('base64url');
  }

  /** The hop in a token; `undefined` for a text that this key did not write. */
  read(token: string): Hop | undefined {
    if (token.length > MOST_CHARACTERS || !/^[\w-]+$/.test(token)) return undefined;
    const bytes = Buffer.from(token, 'base64url');
    const text = bytes.subarray(MAC_BYTES);
    const isWhole = bytes.length > MAC_BYTES && bytes.toString('base64url') === token;
    if (!isWhole || !timingSafeEqual(bytes.subarray(0, MAC_BYTES), this.mac(text))) {
      return undefined;
    }
    return hopFrom(text.toString());
  }

  private mac(text: Uint8Array): Buffer {
    return createHmac('sha256', this.key).update(text).digest().subarray(0, MAC_BYTES);
  }
}

function hopFrom(text: string): Hop | undefined {
  const [name = '', address = '', port, flow] = text.split(' ');
  const transport = transportOf(name);
  if (transport === undefined || familyOf(address) === undefined || flow === undefined) {
    return undefined; // of another version, with the same key
  }
  return { transport, address, port: Number(port), flow };
}
