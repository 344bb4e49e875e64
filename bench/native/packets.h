// What the C parsers share: packets from standard input, and the loop that measures.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

struct packet {
  uint32_t length;
  uint8_t *bytes;
};

static double cpu_seconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return now.tv_sec + now.tv_nsec / 1e9;
}

static double measure(struct packet const *packets, size_t count, double seconds,
                      long (*parse)(struct packet const *)) {
  volatile long sink = 0;
  size_t parsed = 0;
  double began = cpu_seconds(), used = 0;
  while (used < seconds) {
    for (int i = 0; i < 256; i++) sink += parse(&packets[(parsed + i) % count]);
    parsed += 256;
    used = cpu_seconds() - began;
  }
  return used * 1e6 / parsed;
}

static int run(int argc, char **argv, long (*parse)(struct packet const *)) {
  static struct packet packets[4096];
  uint8_t size[4];
  size_t count = 0;
  while (count < 4096 && fread(size, 1, 4, stdin) == 4) {
    uint32_t length = (uint32_t)size[0] << 24 | size[1] << 16 | size[2] << 8 | size[3];
    packets[count].length = length;
    packets[count].bytes = malloc(length);
    if (fread(packets[count].bytes, 1, length, stdin) != length) return 1;
    count++;
  }
  if (count == 0) return 1;
  double seconds = argc > 1 ? atof(argv[1]) : 1;
  measure(packets, count, 0.3, parse);
  printf("{\"microseconds\":%.4f}\n", measure(packets, count, seconds, parse));
  return 0;
}
