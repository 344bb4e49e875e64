// libsrtp2 as a judge: `srtp-judge SUITE KEY` reads lines and answers each. `P HEX` protects RTP,
// `p HEX` RTCP, `U HEX` and `u HEX` are the reverse; the answer is hexadecimal, or `!` and the
// error. KEY is the master key and the master salt.
#include <srtp2/srtp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINE = 8192, SPACE = 4096 };
typedef void (*setter)(srtp_crypto_policy_t *);

static const struct {
  const char *name;
  setter rtp;
  setter rtcp; // the long tag, also where RTP has the short one
} SUITES[] = {
    {"AES_CM_128_HMAC_SHA1_80", srtp_crypto_policy_set_rtp_default,
     srtp_crypto_policy_set_rtcp_default},
    {"AES_CM_128_HMAC_SHA1_32", srtp_crypto_policy_set_aes_cm_128_hmac_sha1_32,
     srtp_crypto_policy_set_rtcp_default},
    {"AES_192_CM_HMAC_SHA1_80", srtp_crypto_policy_set_aes_cm_192_hmac_sha1_80,
     srtp_crypto_policy_set_aes_cm_192_hmac_sha1_80},
    {"AES_192_CM_HMAC_SHA1_32", srtp_crypto_policy_set_aes_cm_192_hmac_sha1_32,
     srtp_crypto_policy_set_aes_cm_192_hmac_sha1_80},
    {"AES_256_CM_HMAC_SHA1_80", srtp_crypto_policy_set_aes_cm_256_hmac_sha1_80,
     srtp_crypto_policy_set_aes_cm_256_hmac_sha1_80},
    {"AES_256_CM_HMAC_SHA1_32", srtp_crypto_policy_set_aes_cm_256_hmac_sha1_32,
     srtp_crypto_policy_set_aes_cm_256_hmac_sha1_80},
    {"AEAD_AES_128_GCM", srtp_crypto_policy_set_aes_gcm_128_16_auth,
     srtp_crypto_policy_set_aes_gcm_128_16_auth},
    {"AEAD_AES_256_GCM", srtp_crypto_policy_set_aes_gcm_256_16_auth,
     srtp_crypto_policy_set_aes_gcm_256_16_auth},
};

static int read_hex(const char *text, unsigned char *bytes, int most) {
  int length = 0;
  unsigned value;
  for (; length < most && sscanf(text, "%2x", &value) == 1; text += 2) bytes[length++] = value;
  return length;
}

static srtp_t session(const char *suite, unsigned char *key, srtp_ssrc_type_t type) {
  for (size_t at = 0; at < sizeof SUITES / sizeof *SUITES; at++) {
    if (strcmp(SUITES[at].name, suite) != 0) continue;
    srtp_policy_t policy;
    srtp_t made;
    memset(&policy, 0, sizeof policy);
    SUITES[at].rtp(&policy.rtp);
    SUITES[at].rtcp(&policy.rtcp);
    policy.key = key;
    policy.window_size = 128;
    policy.ssrc.type = type;
    if (srtp_create(&made, &policy) == srtp_err_status_ok) return made;
  }
  fprintf(stderr, "no %s\n", suite);
  exit(3);
}

int main(int argc, char **argv) {
  if (argc != 3) return 2;
  unsigned char key[64] = {0};
  read_hex(argv[2], key, sizeof key);
  srtp_init();
  srtp_t out = session(argv[1], key, ssrc_any_outbound);
  srtp_t in = session(argv[1], key, ssrc_any_inbound);
  char line[LINE];
  while (fgets(line, sizeof line, stdin) != NULL) {
    unsigned char packet[SPACE] = {0};
    int length = read_hex(line + 2, packet, SPACE - SRTP_MAX_TRAILER_LEN);
    srtp_err_status_t status = srtp_err_status_bad_param;
    if (line[0] == 'P') status = srtp_protect(out, packet, &length);
    if (line[0] == 'p') status = srtp_protect_rtcp(out, packet, &length);
    if (line[0] == 'U') status = srtp_unprotect(in, packet, &length);
    if (line[0] == 'u') status = srtp_unprotect_rtcp(in, packet, &length);
    if (status != srtp_err_status_ok) printf("!%d", status);
    else
      for (int at = 0; at < length; at++) printf("%02x", packet[at]);
    printf("\n");
  }
  return 0;
}
