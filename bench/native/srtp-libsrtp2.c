// CPU per packet of libsrtp2: `srtp-libsrtp2 SUITE protect|unprotect STREAMS EACH ROUNDS`. Packets of 172
// bytes, a stream after the other, as the sender of many calls has them.
#include <srtp2/srtp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <arpa/inet.h>

enum { PACKET = 172, SPACE = 256 };

static double used(void) {
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_utime.tv_sec * 1e6 + usage.ru_utime.tv_usec + usage.ru_stime.tv_sec * 1e6 +
         usage.ru_stime.tv_usec;
}

static void policy_of(const char *suite, srtp_policy_t *policy) {
  if (strcmp(suite, "AEAD_AES_128_GCM") == 0) {
    srtp_crypto_policy_set_aes_gcm_128_16_auth(&policy->rtp);
    srtp_crypto_policy_set_aes_gcm_128_16_auth(&policy->rtcp);
  } else if (strcmp(suite, "AES_256_CM_HMAC_SHA1_80") == 0) {
    srtp_crypto_policy_set_aes_cm_256_hmac_sha1_80(&policy->rtp);
    srtp_crypto_policy_set_aes_cm_256_hmac_sha1_80(&policy->rtcp);
  } else {
    srtp_crypto_policy_set_rtp_default(&policy->rtp);
    srtp_crypto_policy_set_rtcp_default(&policy->rtcp);
  }
}

static void fill(unsigned char *packet, int stream, unsigned sequence) {
  memset(packet, 0xd5, PACKET);
  packet[0] = 0x80;
  packet[1] = 0;
  *(uint16_t *)(packet + 2) = htons(sequence & 0xffff);
  *(uint32_t *)(packet + 4) = htonl(sequence * 160);
  *(uint32_t *)(packet + 8) = htonl(1000 + stream);
}

int main(int argc, char **argv) {
  if (argc < 6) return 2;
  int unprotects = strcmp(argv[2], "unprotect") == 0;
  int streams = atoi(argv[3]), each = atoi(argv[4]), rounds = atoi(argv[5]), count = each * streams;
  srtp_init();
  srtp_t *senders = calloc(streams, sizeof(srtp_t)), *receivers = calloc(streams, sizeof(srtp_t));
  for (int stream = 0; stream < streams; stream++) {
    unsigned char key[64];
    for (int at = 0; at < 64; at++) key[at] = at * 7 + stream;
    srtp_policy_t policy;
    memset(&policy, 0, sizeof policy);
    policy_of(argv[1], &policy);
    policy.key = key;
    policy.window_size = 128;
    policy.ssrc.type = ssrc_any_outbound;
    if (srtp_create(&senders[stream], &policy)) return 3;
    policy.ssrc.type = ssrc_any_inbound;
    if (srtp_create(&receivers[stream], &policy)) return 3;
  }
  unsigned char *packets = malloc((size_t)count * SPACE);
  int *lengths = calloc(count, sizeof(int));
  double spent = 0;
  for (int round = 0; round < rounds; round++) {
    for (int at = 0; at < count; at++) {
      fill(packets + (size_t)at * SPACE, at % streams, each * round + at / streams + 1);
      lengths[at] = PACKET;
    }
    double before = used();
    for (int at = 0; at < count; at++)
      if (srtp_protect(senders[at % streams], packets + (size_t)at * SPACE, &lengths[at])) return 4;
    if (unprotects) {
      before = used();
      for (int at = 0; at < count; at++)
        if (srtp_unprotect(receivers[at % streams], packets + (size_t)at * SPACE, &lengths[at])) return 5;
    }
    if (round >= rounds / 4) spent += used() - before; // the first quarter warms up
  }
  printf("{\"microseconds\":%.4f}\n", spent / ((double)count * (rounds - rounds / 4)));
  return 0;
}
