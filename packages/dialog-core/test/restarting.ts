import type { DialogLayerOptions } from '@strowger/dialog-core';
import type { Simulation } from '@strowger/testkit';
import { Phone } from './phone.ts';

/** A phone in a process of its own: `simulation.network.hostOf(name).kill()` ends it. */
export function boot(
  simulation: Simulation,
  name: string,
  options: Partial<DialogLayerOptions> = {},
): Phone {
  const { network } = simulation;
  const host = network.hostOf(name);
  const running = host.start((machine) => {
    const phone = new Phone(simulation, name, {
      host,
      runtime: machine.runtime,
      sender: machine,
      ...options,
    });
    return { phone, receive: (inbound) => phone.layer.receive(inbound) };
  });
  return running.phone;
}

/** Its process dies, and `awayMs` later another one goes on with its dialogs. */
export async function restart(
  phone: Phone,
  { awayMs = 0, ...options }: Partial<DialogLayerOptions> & { awayMs?: number } = {},
): Promise<Phone> {
  const { simulation, name, host } = phone;
  host.kill();
  if (awayMs > 0) await simulation.run(awayMs);
  const again = boot(simulation, name, options);
  again.restore();
  return again;
}
