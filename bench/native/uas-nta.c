// The same UAS on sofia-sip's transaction layer: uas-nta PORT.
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
typedef struct context context_t;
#define NTA_LEG_MAGIC_T context_t
#define NTA_INCOMING_MAGIC_T context_t
#define NTA_AGENT_MAGIC_T context_t
#include <sofia-sip/nta.h>
#include <sofia-sip/nta_tag.h>
#include <sofia-sip/sip.h>
#include <sofia-sip/sip_header.h>
#include <sofia-sip/sip_tag.h>
#include <sofia-sip/su_wait.h>

static char contact[64];

struct context {
  nta_agent_t *agent;
};

static int acknowledged(context_t *context, nta_incoming_t *incoming, sip_t const *sip) {
  (void)context;
  (void)sip;
  nta_incoming_destroy(incoming);
  return 0;
}

static int answer(context_t *context, nta_leg_t *leg, nta_incoming_t *incoming, sip_t const *sip) {
  (void)leg;
  if (sip->sip_request->rq_method == sip_method_ack) {
    nta_incoming_destroy(incoming);
    return 0;
  }
  nta_incoming_tag(incoming, NULL);
  nta_incoming_treply(incoming, 200, "OK", SIPTAG_CONTACT_STR(contact), TAG_END());
  if (sip->sip_request->rq_method == sip_method_invite)
    nta_incoming_bind(incoming, acknowledged, context);
  else
    nta_incoming_destroy(incoming);
  return 0;
}

int main(int argc, char **argv) {
  static context_t context;
  char url[64];
  int port = argc > 1 ? atoi(argv[1]) : 5060;
  snprintf(url, sizeof url, "sip:127.0.0.1:%d;transport=udp", port);
  snprintf(contact, sizeof contact, "<sip:uas@127.0.0.1:%d>", port);
  su_init();
  su_root_t *root = su_root_create(&context);
  context.agent = nta_agent_create(root, (void *)url, NULL, NULL, NTATAG_UA(0), TAG_END());
  if (context.agent == NULL) return 1;
  nta_leg_tcreate(context.agent, answer, &context, NTATAG_NO_DIALOG(1), TAG_END());
  puts("ready");
  fflush(stdout);
  su_root_run(root);
  return 0;
}
