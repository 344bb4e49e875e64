// libopus as media-core sets it: `opus encode|decode FILE`, 48 kHz mono, signed 16 bit.
// Prints microseconds per packet of 20 ms, and the packets' bytes.
#include <opus.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { FRAME = 960, MOST = 1500 };

static double now(void) {
  struct timespec at;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &at);
  return at.tv_sec * 1e6 + at.tv_nsec / 1e3;
}

int main(int count, char **arguments) {
  if (count < 3) return 2;
  int encodes = strcmp(arguments[1], "encode") == 0;
  FILE *file = fopen(arguments[2], "rb");
  if (file == NULL) return 2;
  fseek(file, 0, SEEK_END);
  int frames = (int)(ftell(file) / (FRAME * (long)sizeof(opus_int16)));
  rewind(file);
  opus_int16 *said = malloc((size_t)frames * FRAME * sizeof *said);
  if (fread(said, FRAME * sizeof *said, frames, file) != (size_t)frames) return 2;
  int error;
  OpusEncoder *encoder = opus_encoder_create(48000, 1, OPUS_APPLICATION_VOIP, &error);
  opus_encoder_ctl(encoder, OPUS_SET_COMPLEXITY(5));
  opus_encoder_ctl(encoder, OPUS_SET_PACKET_LOSS_PERC(10));
  opus_encoder_ctl(encoder, OPUS_SET_BITRATE(32000));
  opus_encoder_ctl(encoder, OPUS_SET_INBAND_FEC(1));
  opus_encoder_ctl(encoder, OPUS_SET_DTX(0));
  opus_encoder_ctl(encoder, OPUS_SET_VBR(1));
  OpusDecoder *decoder = opus_decoder_create(48000, 1, &error);
  unsigned char *packets = malloc((size_t)frames * MOST);
  int *lengths = malloc(frames * sizeof *lengths);
  opus_int16 heard[FRAME * 6];
  unsigned char packet[MOST];
  double octets = 0;
  for (int i = 0; i < frames; i++) {
    lengths[i] = opus_encode(encoder, said + i * FRAME, FRAME, packets + (size_t)i * MOST, MOST);
    octets += lengths[i];
  }
  double from = 0;
  for (int round = 0; round < 2; round++) {
    from = now(); // the first round warms up
    for (int i = 0; i < frames; i++) {
      if (encodes) opus_encode(encoder, said + i * FRAME, FRAME, packet, MOST);
      else opus_decode(decoder, packets + (size_t)i * MOST, lengths[i], heard, FRAME * 6, 0);
    }
  }
  printf("{\"us\": %.2f, \"octets\": %.1f}\n", (now() - from) / frames, octets / frames);
  return 0;
}
