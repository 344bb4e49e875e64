import { type Dialog, DialogLayer, type IncomingRefer } from '@strowger/dialog-core';
import { NameAddr, uri } from '@strowger/sip-message';
import type { SimulatedHost } from '../src/simulation-host.ts';
import type { DialogLeg } from './dialog-leg.ts';

/** A request other than INVITE, in a dialog. */
export function ask(leg: DialogLeg, dialog: Dialog, method: string): void {
  const key = leg.nextKey(method);
  leg.tell('asked', key);
  dialog.request(
    method,
    {},
    {
      onResponse: ({ status }) => leg.tell('outcome', key, String(status)),
      onFailed: ({ kind }) => leg.tell('outcome', key, kind),
    },
  );
}

/** An offer in an UPDATE, before the answer to the INVITE or after it. */
export function update(leg: DialogLeg, dialog: Dialog): void {
  const offer = leg.describe();
  const key = leg.nextKey('UPDATE');
  const outcome = (text: string): void => leg.tell('outcome', key, text);
  try {
    dialog.update(
      { body: offer },
      {
        onAccepted: (response) => {
          outcome('accepted');
          leg.negotiated(offer.content, response.text());
        },
        onRejected: ({ status }) => outcome(`rejected ${status}`),
        onFailed: ({ kind }) => outcome(`failed ${kind}`),
      },
    );
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error;
    return; // another one is under way
  }
  leg.tell('asked', key);
}

/** Asks the peer to call somebody, and sometimes loses interest. */
export function refer(leg: DialogLeg, dialog: Dialog, host: SimulatedHost): void {
  const key = leg.nextKey('REFER');
  const { random, clock } = host.runtime;
  const chance = random.float();
  leg.tell('asked', key);
  const referral = dialog.refer(
    { referTo: uri('sip:u0@u0'), subscription: chance < 0.2 ? 'none' : 'implicit' },
    { onEnded: ({ kind }) => leg.tell('outcome', key, kind) },
  );
  if (chance > 0.9) clock.arm(random.float() * 2000, () => referral.unsubscribe());
}

/** Takes a REFER: tells its progress to the end, stops before it, or refuses. */
export function takeRefer(referral: IncomingRefer, { runtime }: SimulatedHost): void {
  const { random, clock } = runtime;
  const chance = random.float();
  if (chance < 0.1) return referral.reject(603);
  const progress = referral.accept(chance < 0.5 ? { status: 200 } : {});
  clock.arm(300, () => progress.report(180));
  if (chance < 0.9) clock.arm(random.float() * 3000, () => progress.report(200));
}

/** An OPTIONS outside of dialogs. */
export function ping(leg: DialogLeg, layer: DialogLayer, name: string): void {
  const key = leg.nextKey('OPTIONS outside');
  leg.tell('asked', key);
  const other = name === 'u0' ? 'u1' : 'u0';
  layer.request(
    {
      method: 'OPTIONS',
      requestUri: uri(`sip:${other}`),
      to: uri(`sip:${other}`),
      from: new NameAddr({ uri: uri(`sip:${name}@${name}`) }),
    },
    {
      onResponse: ({ status }) => leg.tell('outcome', key, String(status)),
      onFailed: ({ kind }) => leg.tell('outcome', key, kind),
    },
  );
}
