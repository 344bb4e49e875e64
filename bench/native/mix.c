// The mix of a conference in C with SSE2: every member hears the sum of all others, saturated.
// Prints nanoseconds per member and frame of 160 samples: `mix MEMBERS`.
#include <emmintrin.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { SAMPLES = 160, ROUNDS = 20000 };

static void mix(const int16_t *said, int16_t *heard, int members) {
  for (int at = 0; at < SAMPLES; at += 8) {
    __m128i low = _mm_setzero_si128();
    __m128i high = _mm_setzero_si128();
    for (int member = 0; member < members; member++) {
      __m128i part = _mm_load_si128((const __m128i *)(said + member * SAMPLES + at));
      __m128i sign = _mm_srai_epi16(part, 15);
      low = _mm_add_epi32(low, _mm_unpacklo_epi16(part, sign));
      high = _mm_add_epi32(high, _mm_unpackhi_epi16(part, sign));
    }
    for (int member = 0; member < members; member++) {
      __m128i part = _mm_load_si128((const __m128i *)(said + member * SAMPLES + at));
      __m128i sign = _mm_srai_epi16(part, 15);
      __m128i others = _mm_packs_epi32(_mm_sub_epi32(low, _mm_unpacklo_epi16(part, sign)),
                                       _mm_sub_epi32(high, _mm_unpackhi_epi16(part, sign)));
      _mm_store_si128((__m128i *)(heard + member * SAMPLES + at), others);
    }
  }
}

int main(int count, char **arguments) {
  int members = count > 1 ? atoi(arguments[1]) : 100;
  size_t bytes = (size_t)members * SAMPLES * sizeof(int16_t);
  int16_t *said = aligned_alloc(16, bytes);
  int16_t *heard = aligned_alloc(16, bytes);
  for (int i = 0; i < members * SAMPLES; i++) said[i] = (int16_t)(i * 2654435761u >> 16);
  for (int i = 0; i < 1000; i++) mix(said, heard, members);
  struct timespec from, to;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &from);
  for (int i = 0; i < ROUNDS; i++) mix(said, heard, members);
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &to);
  double ns = (to.tv_sec - from.tv_sec) * 1e9 + (to.tv_nsec - from.tv_nsec);
  printf("{\"ns\": %.2f, \"check\": %d}\n", ns / ROUNDS / members, heard[3]);
  return 0;
}
