;; Sound in frames of 16-bit samples: mixing, gain, loudness, resampling.
;; Assembled by `node packages/media-core/wasm/build.mjs` into src/audio/audio-binary.ts.
;;
;; Nothing here has a place of its own in the memory: callers say where everything lies, aligned to 16
;; bytes. Lengths are rounded up to whole vectors, so that what lies behind a frame, up to 31 bytes,
;; is read and written, too.
(module
  (memory (export "memory") 16)

  ;; Adds $count frames, $stride bytes apart from $frames on, into the 32-bit sums at $sums.
  (func (export "sum") (param $sums i32) (param $frames i32) (param $stride i32) (param $count i32)
    (param $samples i32)
    (local $at i32) (local $end i32) (local $from i32) (local $left i32)
    (local $low v128) (local $high v128) (local $part v128)
    (local.set $end (i32.shl (local.get $samples) (i32.const 1)))
    (loop $vectors
      (local.set $low (v128.const i32x4 0 0 0 0))
      (local.set $high (v128.const i32x4 0 0 0 0))
      (local.set $from (i32.add (local.get $frames) (local.get $at)))
      (local.set $left (local.get $count))
      (block $done
        (loop $members
          (br_if $done (i32.eqz (local.get $left)))
          (local.set $part (v128.load (local.get $from)))
          (local.set $low (i32x4.add (local.get $low) (i32x4.extend_low_i16x8_s (local.get $part))))
          (local.set $high
            (i32x4.add (local.get $high) (i32x4.extend_high_i16x8_s (local.get $part))))
          (local.set $from (i32.add (local.get $from) (local.get $stride)))
          (local.set $left (i32.sub (local.get $left) (i32.const 1)))
          (br $members)))
      (v128.store (i32.add (local.get $sums) (i32.shl (local.get $at) (i32.const 1))) (local.get $low))
      (v128.store offset=16 (i32.add (local.get $sums) (i32.shl (local.get $at) (i32.const 1)))
        (local.get $high))
      (local.set $at (i32.add (local.get $at) (i32.const 16)))
      (br_if $vectors (i32.lt_u (local.get $at) (local.get $end)))))

  ;; What each of $count frames is to hear: the sums without its own, saturated, at $out with the same
  ;; stride.
  (func (export "without") (param $sums i32) (param $frames i32) (param $out i32) (param $stride i32)
    (param $count i32) (param $samples i32)
    (local $at i32) (local $end i32) (local $from i32) (local $to i32) (local $left i32)
    (local $low v128) (local $high v128) (local $part v128)
    (local.set $end (i32.shl (local.get $samples) (i32.const 1)))
    (loop $vectors
      (local.set $low
        (v128.load (i32.add (local.get $sums) (i32.shl (local.get $at) (i32.const 1)))))
      (local.set $high
        (v128.load offset=16 (i32.add (local.get $sums) (i32.shl (local.get $at) (i32.const 1)))))
      (local.set $from (i32.add (local.get $frames) (local.get $at)))
      (local.set $to (i32.add (local.get $out) (local.get $at)))
      (local.set $left (local.get $count))
      (block $done
        (loop $members
          (br_if $done (i32.eqz (local.get $left)))
          (local.set $part (v128.load (local.get $from)))
          (v128.store (local.get $to)
            (i16x8.narrow_i32x4_s
              (i32x4.sub (local.get $low) (i32x4.extend_low_i16x8_s (local.get $part)))
              (i32x4.sub (local.get $high) (i32x4.extend_high_i16x8_s (local.get $part)))))
          (local.set $from (i32.add (local.get $from) (local.get $stride)))
          (local.set $to (i32.add (local.get $to) (local.get $stride)))
          (local.set $left (i32.sub (local.get $left) (i32.const 1)))
          (br $members)))
      (local.set $at (i32.add (local.get $at) (i32.const 16)))
      (br_if $vectors (i32.lt_u (local.get $at) (local.get $end)))))

  ;; Multiplies a frame by $gain / 4096 in place, saturated.
  (func (export "amplify") (param $frame i32) (param $samples i32) (param $gain i32)
    (local $end i32) (local $factor v128) (local $part v128)
    (local.set $end (i32.add (local.get $frame) (i32.shl (local.get $samples) (i32.const 1))))
    (local.set $factor (i16x8.splat (local.get $gain)))
    (loop $vectors
      (local.set $part (v128.load (local.get $frame)))
      (v128.store (local.get $frame)
        (i16x8.narrow_i32x4_s
          (i32x4.shr_s (i32x4.extmul_low_i16x8_s (local.get $part) (local.get $factor)) (i32.const 12))
          (i32x4.shr_s (i32x4.extmul_high_i16x8_s (local.get $part) (local.get $factor))
            (i32.const 12))))
      (local.set $frame (i32.add (local.get $frame) (i32.const 16)))
      (br_if $vectors (i32.lt_u (local.get $frame) (local.get $end)))))

  ;; The sum of the squares of a frame.
  (func (export "energy") (param $frame i32) (param $samples i32) (result f64)
    (local $end i32) (local $sum f64) (local $part v128)
    (local.set $end (i32.add (local.get $frame) (i32.shl (local.get $samples) (i32.const 1))))
    (loop $vectors
      (local.set $part (v128.load (local.get $frame)))
      ;; two squares of -32768 come to 2^31: unsigned
      (local.set $part (i32x4.dot_i16x8_s (local.get $part) (local.get $part)))
      (local.set $part
        (i64x2.add
          (i64x2.extend_low_i32x4_u (local.get $part))
          (i64x2.extend_high_i32x4_u (local.get $part))))
      (local.set $sum
        (f64.add (local.get $sum)
          (f64.convert_i64_u
            (i64.add (i64x2.extract_lane 0 (local.get $part))
              (i64x2.extract_lane 1 (local.get $part))))))
      (local.set $frame (i32.add (local.get $frame) (i32.const 16)))
      (br_if $vectors (i32.lt_u (local.get $frame) (local.get $end))))
    (local.get $sum))

  ;; Samples as 32-bit floats.
  (func (export "widen") (param $frame i32) (param $out i32) (param $samples i32)
    (local $end i32) (local $part v128)
    (local.set $end (i32.add (local.get $frame) (i32.shl (local.get $samples) (i32.const 1))))
    (loop $vectors
      (local.set $part (v128.load (local.get $frame)))
      (v128.store (local.get $out)
        (f32x4.convert_i32x4_s (i32x4.extend_low_i16x8_s (local.get $part))))
      (v128.store offset=16 (local.get $out)
        (f32x4.convert_i32x4_s (i32x4.extend_high_i16x8_s (local.get $part))))
      (local.set $frame (i32.add (local.get $frame) (i32.const 16)))
      (local.set $out (i32.add (local.get $out) (i32.const 32)))
      (br_if $vectors (i32.lt_u (local.get $frame) (local.get $end)))))

  ;; A polyphase filter: $count samples at $out, each the product of the floats from $input on with
  ;; the filter of its phase, $taps long (a multiple of 8). After each the phase goes on by $down, and
  ;; for every $up of it the input by one.
  (func (export "resample") (param $input i32) (param $filters i32) (param $taps i32) (param $up i32)
    (param $down i32) (param $phase i32) (param $out i32) (param $count i32)
    (local $length i32) (local $end i32) (local $from i32) (local $weights i32) (local $last i32)
    (local $even v128) (local $odd v128)
    (local.set $length (i32.shl (local.get $taps) (i32.const 2)))
    (local.set $end (i32.add (local.get $out) (i32.shl (local.get $count) (i32.const 1))))
    (block $done
      (loop $samples
        (br_if $done (i32.ge_u (local.get $out) (local.get $end)))
        (local.set $even (v128.const f32x4 0 0 0 0))
        (local.set $odd (v128.const f32x4 0 0 0 0))
        (local.set $from (local.get $input))
        (local.set $weights
          (i32.add (local.get $filters) (i32.mul (local.get $phase) (local.get $length))))
        (local.set $last (i32.add (local.get $weights) (local.get $length)))
        (loop $vectors
          (local.set $even
            (f32x4.add (local.get $even)
              (f32x4.mul (v128.load align=4 (local.get $from)) (v128.load (local.get $weights)))))
          (local.set $odd
            (f32x4.add (local.get $odd)
              (f32x4.mul (v128.load offset=16 align=4 (local.get $from))
                (v128.load offset=16 (local.get $weights)))))
          (local.set $from (i32.add (local.get $from) (i32.const 32)))
          (local.set $weights (i32.add (local.get $weights) (i32.const 32)))
          (br_if $vectors (i32.lt_u (local.get $weights) (local.get $last))))
        ;; the lanes are added as (0 + 1) + (2 + 3); to narrow the sum saturates it
        (local.set $even (f32x4.add (local.get $even) (local.get $odd)))
        (local.set $even
          (f32x4.add (local.get $even)
            (i8x16.shuffle 4 5 6 7 0 1 2 3 12 13 14 15 8 9 10 11 (local.get $even) (local.get $even))))
        (local.set $even
          (f32x4.add (local.get $even)
            (i8x16.shuffle 8 9 10 11 12 13 14 15 0 1 2 3 4 5 6 7 (local.get $even) (local.get $even))))
        (local.set $even (i32x4.trunc_sat_f32x4_s (f32x4.nearest (local.get $even))))
        (v128.store16_lane 0 (local.get $out)
          (i16x8.narrow_i32x4_s (local.get $even) (local.get $even)))
        (local.set $out (i32.add (local.get $out) (i32.const 2)))
        (local.set $phase (i32.add (local.get $phase) (local.get $down)))
        ;; a few times at most: that is quicker than a division, on which the next sample would wait
        (block $whole
          (loop $inputs
            (br_if $whole (i32.lt_u (local.get $phase) (local.get $up)))
            (local.set $phase (i32.sub (local.get $phase) (local.get $up)))
            (local.set $input (i32.add (local.get $input) (i32.const 4)))
            (br $inputs)))
        (br $samples)))))
