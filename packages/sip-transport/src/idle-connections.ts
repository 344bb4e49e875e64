import type { Connection } from './connection.ts';

/** Connections in the order in which they were used last. */
export class IdleConnections {
  private readonly order = new Set<Connection>();

  /** The one longest unused. */
  get longest(): Connection | undefined {
    for (const connection of this.order) return connection;
    return undefined;
  }

  add(connection: Connection): void {
    this.order.add(connection);
  }

  /** It was used. */
  touch(connection: Connection): void {
    if (this.order.delete(connection)) this.order.add(connection);
  }

  remove(connection: Connection): void {
    this.order.delete(connection);
  }
}
