import type { CardConnection } from './card-connection.ts'

/** The card as one of its logical channels (0 to 3) shows it: commands are sent on that channel, which must be open. */
export function onChannel(card: CardConnection, channel: number): CardConnection {
  return {
    transmit: (command) => {
      const sent = command.slice()
      sent.set([(command[0] ?? 0) | channel])
      return card.transmit(sent).finally(() => sent.fill(0))
    },
    reset: () => card.reset(),
  }
}
