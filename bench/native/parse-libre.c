// Microseconds per message of libre's parser, like parse-sofia.c. Via, From, To, Call-ID, CSeq and
// Content-Length are decoded, all other headers located: what its transactions and dialogs need.
#include "packets.h"
#include <re/re.h>

static long parse(struct packet const *packet) {
  struct sip_msg *msg = NULL;
  struct mbuf *bytes = mbuf_alloc(packet->length);
  if (bytes == NULL || mbuf_write_mem(bytes, packet->bytes, packet->length) != 0) abort();
  mbuf_set_pos(bytes, 0);
  if (sip_msg_decode(&msg, bytes) != 0) abort();
  long seen = (long)msg->cseq.num;
  mem_deref(msg);
  mem_deref(bytes);
  return seen;
}

int main(int argc, char **argv) { return run(argc, argv, parse); }
