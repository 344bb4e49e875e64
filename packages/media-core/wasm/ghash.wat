;; GHASH over packets (NIST SP 800-38D §6.4), and the tags of SRTP with AES-GCM (RFC 7714) made of it.
;; Assembled by `node packages/media-core/wasm/build.mjs` into src/srtp/ghash-binary.ts.
;;
;; It works in the memory of hmac-sha1.wat, on the message that lies there. Beside what that uses:
;;           448  16 bytes of ones, then 16 of zeros: what cuts a block off
;;           480  the keystream of the tag, 16 bytes
;;          1024  the message
;;         69632  the key, H: in 16 rows, of which row r has byte r of n * H for each n of 4 bits
;;         69888  the same of n * H * x^4
;;         70144  H * H, in rows as H is
;;         70400  the same times x^4
;;
;; Nothing depends in its time or in its addresses on the key or on what is digested.
(module
  (import "signer" "memory" (memory 2))
  (data (i32.const 448) "\ff\ff\ff\ff\ff\ff\ff\ff\ff\ff\ff\ff\ff\ff\ff\ff")
  (data (i32.const 464) "\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00")
  ;; What was digested so far: a block, its bytes in reverse, so that x^0 is the highest bit.
  (global $y (mut v128) (v128.const i64x2 0 0))
  ;; A block whose partner is yet to come, in the same order.
  (global $first (mut v128) (v128.const i64x2 0 0))
  (global $waits (mut i32) (i32.const 0))

  ;; Writes the tag behind what is enciphered. All are places in the message and lengths: of what is
  ;; authenticated, and of what is enciphered.
  (func (export "seal") (param $aad i32) (param $aadLength i32) (param $from i32) (param $length i32)
    (v128.store (i32.add (i32.const 1024) (i32.add (local.get $from) (local.get $length)))
      (call $tag (local.get $aad) (local.get $aadLength) (local.get $from) (local.get $length))))

  ;; Whether that is what stands there.
  (func (export "isSealed") (param $aad i32) (param $aadLength i32) (param $from i32)
    (param $length i32) (result i32)
    (i32.eqz (v128.any_true (v128.xor
      (v128.load (i32.add (i32.const 1024) (i32.add (local.get $from) (local.get $length))))
      (call $tag (local.get $aad) (local.get $aadLength) (local.get $from) (local.get $length))))))

  (func $tag (param $aad i32) (param $aadLength i32) (param $from i32) (param $length i32)
    (result v128)
    (global.set $y (v128.const i64x2 0 0))
    ;; blocks go by twos, so a block of zeros, which changes nothing, goes before an odd number
    (global.set $first (v128.const i64x2 0 0))
    (global.set $waits (i32.and (i32.const 1) (i32.xor (i32.const 1) (i32.add
      (i32.shr_u (i32.add (local.get $aadLength) (i32.const 15)) (i32.const 4))
      (i32.shr_u (i32.add (local.get $length) (i32.const 15)) (i32.const 4))))))
    (call $absorb (i32.add (i32.const 1024) (local.get $aad)) (local.get $aadLength))
    (call $absorb (i32.add (i32.const 1024) (local.get $from)) (local.get $length))
    ;; both lengths, in bits
    (call $block (i64x2.replace_lane 1
      (i64x2.splat (i64.shl (i64.extend_i32_u (local.get $length)) (i64.const 3)))
      (i64.shl (i64.extend_i32_u (local.get $aadLength)) (i64.const 3))))
    (v128.xor (call $reverse (global.get $y)) (v128.load (i32.const 480))))

  ;; Digests the $length bytes at $at, the last block filled up with zeros.
  (func $absorb (param $at i32) (param $length i32)
    (local $end i32)
    (local.set $end (i32.add (local.get $at) (i32.and (local.get $length) (i32.const -16))))
    (block $whole
      (loop $blocks
        (br_if $whole (i32.ge_u (local.get $at) (local.get $end)))
        (call $block (call $reverse (v128.load (local.get $at))))
        (local.set $at (i32.add (local.get $at) (i32.const 16)))
        (br $blocks)))
    (local.set $length (i32.and (local.get $length) (i32.const 15)))
    (if (local.get $length) (then
      (call $block (call $reverse (v128.and
        (v128.load (local.get $at))
        (v128.load (i32.sub (i32.const 464) (local.get $length)))))))))

  (func $block (param $x v128)
    (if (global.get $waits) (then (call $pair (global.get $first) (local.get $x)))
      (else (global.set $first (local.get $x))))
    (global.set $waits (i32.xor (global.get $waits) (i32.const 1))))

  ;; Y = (Y + X) * H * H + W * H. Byte j of a factor, counted from x^0, is two numbers of 4 bits,
  ;; whose products lie in the rows: those of row r belong r bytes further. So the sum begins with
  ;; the last row, and goes a byte further before each of the others.
  (func $pair (param $x v128) (param $w v128)
    (local $xHigh v128) (local $wHigh v128) (local $z v128) (local $over v128) (local $row i32)
    (local.set $x (v128.xor (local.get $x) (global.get $y)))
    (local.set $xHigh (v128.and (i16x8.shr_u (local.get $x) (i32.const 4)) (v128.const i8x16 15 15 15 15 15 15 15 15 15 15 15 15 15 15 15 15)))
    (local.set $x (v128.and (local.get $x) (v128.const i8x16 15 15 15 15 15 15 15 15 15 15 15 15 15 15 15 15)))
    (local.set $wHigh (v128.and (i16x8.shr_u (local.get $w) (i32.const 4)) (v128.const i8x16 15 15 15 15 15 15 15 15 15 15 15 15 15 15 15 15)))
    (local.set $w (v128.and (local.get $w) (v128.const i8x16 15 15 15 15 15 15 15 15 15 15 15 15 15 15 15 15)))
    (local.set $row (i32.const 240))
    (loop $rows
      (local.set $over (i8x16.shuffle 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 (local.get $over) (local.get $z)))
      (local.set $z (v128.xor
        (i8x16.shuffle 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 (local.get $z) (v128.const i64x2 0 0))
        (v128.xor
          (v128.xor
            (i8x16.swizzle (v128.load offset=69632 (local.get $row)) (local.get $wHigh))
            (i8x16.swizzle (v128.load offset=69888 (local.get $row)) (local.get $w)))
          (v128.xor
            (i8x16.swizzle (v128.load offset=70144 (local.get $row)) (local.get $xHigh))
            (i8x16.swizzle (v128.load offset=70400 (local.get $row)) (local.get $x))))))
      (local.set $row (i32.sub (local.get $row) (i32.const 16)))
      (br_if $rows (i32.ge_s (local.get $row) (i32.const 0))))
    (global.set $y (v128.xor (local.get $z) (call $reduce (local.get $over)))))

  ;; What is beyond x^127, in the same order, modulo 1 + x + x^2 + x^7 + x^128.
  (func $reduce (param $over v128) (result v128)
    (local $carry v128)
    ;; what shifting by 1, 2 and 7 moves out of each half: into the lower one, or beyond again
    (local.set $carry (v128.xor (i64x2.shl (local.get $over) (i32.const 63))
      (v128.xor (i64x2.shl (local.get $over) (i32.const 62)) (i64x2.shl (local.get $over) (i32.const 57)))))
    (local.set $over (v128.xor (local.get $over)
      (i8x16.shuffle 16 17 18 19 20 21 22 23 0 1 2 3 4 5 6 7 (local.get $carry) (v128.const i64x2 0 0))))
    (v128.xor
      (v128.xor
        (v128.xor (local.get $over) (i64x2.shr_u (local.get $over) (i32.const 1)))
        (v128.xor (i64x2.shr_u (local.get $over) (i32.const 2)) (i64x2.shr_u (local.get $over) (i32.const 7))))
      (i8x16.shuffle 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 (local.get $carry) (v128.const i64x2 0 0))))

  (func $reverse (param $bytes v128) (result v128)
    (i8x16.shuffle 15 14 13 12 11 10 9 8 7 6 5 4 3 2 1 0 (local.get $bytes) (local.get $bytes))))
