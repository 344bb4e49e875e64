// Microseconds per message of sofia-sip's parser: parse-sofia SECONDS, packets on standard input,
// each behind its length (four bytes, big end first). Prints one number, and the time is CPU time.
#include "packets.h"
#include <sofia-sip/msg.h>
#include <sofia-sip/msg_parser.h>
#include <sofia-sip/sip.h>
#include <sofia-sip/sip_header.h>
#include <sofia-sip/sip_parser.h>

static msg_mclass_t const *messages;

// What tport does with a datagram: the bytes into a message of its own, and all headers parsed.
static long parse(struct packet const *packet) {
  msg_t *msg = msg_make(messages, 0, packet->bytes, packet->length);
  sip_t *sip = sip_object(msg);
  if (sip == NULL || sip->sip_via == NULL || sip->sip_cseq == NULL || sip->sip_error != NULL) abort();
  long seen = sip->sip_cseq->cs_seq;
  msg_destroy(msg);
  return seen;
}

int main(int argc, char **argv) {
  messages = sip_default_mclass();
  return run(argc, argv, parse);
}
