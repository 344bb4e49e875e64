// Sockets for a worker, made by a module of a program's own.
import { createSocket } from 'node:dgram';

export function createDatagramIo() {
  return {
    async open({ address, port, onPacket }) {
      const socket = createSocket('udp4', onPacket);
      await new Promise((resolve) => socket.bind(port, address, resolve));
      return {
        local: socket.address(),
        send: (packet, to) => socket.send(packet, to.port, to.address),
        close: () => new Promise((resolve) => socket.close(resolve)),
      };
    },
  };
}
