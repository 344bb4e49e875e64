;; Finds the header fields of a message, and its keys where they are plain, in one pass over its octets.
;; locate-head.ts, plain-keys.ts and the plain functions that they call say the same in TypeScript, for
;; every message; what is not of the usual shape is left to them: `scan` gives -1 for such a head, and
;; -2 as the place of such a key. Nothing is refused here.
;; Assembled by `node packages/sip-message/wasm/build.mjs` into src/scan-head-binary.ts.
;;
;; Memory:     0  class bits of each octet, 16 bits (CLASS_OF of characters.ts)
;;           512  identity of each compact form; 768 first identity of each slot; 1792 next one;
;;          1920  length of each name; 2048 its first word, 16 bits; 2304 words (name-at.ts)
;;          4352  results: 0 body from, 1 start line from, 2 end of a plain request's method or -1,
;;                2 + identity: where a key or its parameters are, or its number, -1 not plain, -2 unsure,
;;                9 + identity: the Via's branch, the tags of From and To, as place << 14 | length,
;;                13 whether all octets are surely US-ASCII
;;          4480  fields: place << 7 | identity
;;          8192  the message, at most 16,384 octets; zeros behind it
(module
  (memory (export "memory") 1)
  ;; the bits of octets that are not US-ASCII
  (global $high (mut i32) (i32.const 0))
  ;; the value of the parameter that was looked for, as place << 14 | length
  (global $found (mut i32) (i32.const -1))

  ;; The number of fields, or -1. A line that holds a control character is not for us.
  (func (export "scan")
    (param $length i32) (param $maxFields i32) (param $maxField i32) (param $maxHead i32)
    (result i32)
    (local $at i32) (local $end i32) (local $limit i32) (local $id i32) (local $fields i32)
    (local $seen i32) (local $nameEnd i32)
    (local.set $limit (i32.add (i32.const 8192) (local.get $length)))
    (local.set $at (i32.const 8192))
    (global.set $high (i32.const 0))
    (v128.store (i32.const 4364) (v128.const i32x4 -1 -1 -1 -1))
    (v128.store (i32.const 4380) (v128.const i32x4 -1 -1 -1 -1))
    (v128.store (i32.const 4388) (v128.const i32x4 -1 -1 -1 -1))
    (loop $empty
      (if (i32.eq (i32.load16_u (local.get $at)) (i32.const 0x0a0d))
        (then
          (local.set $at (i32.add (local.get $at) (i32.const 2)))
          (br_if $empty (i32.lt_u (local.get $at) (local.get $limit))))))
    (local.set $end (call $lineEnd (local.get $at)))
    (if (i32.lt_s (local.get $end) (i32.const 0)) (then (return (i32.const -1))))
    (i32.store (i32.const 4356) (i32.sub (local.get $at) (i32.const 8192)))
    (i32.store (i32.const 4360) (call $requestLine (local.get $at) (local.get $end)))
    (local.set $at (i32.add (local.get $end) (i32.const 2)))
    (loop $lines
      ;; what is behind the message is of another one
      (if (i32.gt_u (i32.add (local.get $at) (i32.const 2)) (local.get $limit))
        (then (return (i32.const -1))))
      (if (i32.ne (i32.load16_u (local.get $at)) (i32.const 0x0a0d))
        (then
          (local.set $end (call $lineEnd (local.get $at)))
          (if (i32.lt_s (local.get $end) (i32.const 0)) (then (return (i32.const -1))))
          ;; a continuation line
          (if (i32.eq (i32.load8_u offset=2 (local.get $end)) (i32.const 0x20))
            (then (return (i32.const -1))))
          (if (i32.eq (i32.load8_u offset=2 (local.get $end)) (i32.const 0x09))
            (then (return (i32.const -1))))
          (if (i32.ge_u (local.get $fields) (local.get $maxFields))
            (then (return (i32.const -1))))
          (if (i32.gt_u (i32.sub (local.get $end) (local.get $at)) (local.get $maxField))
            (then (return (i32.const -1))))
          (if (i32.gt_u (i32.sub (local.get $end) (i32.const 8192)) (local.get $maxHead))
            (then (return (i32.const -1))))
          (local.set $id (call $headerId (local.get $at)))
          (if (i32.eqz (local.get $id))
            (then
              (local.set $nameEnd (call $pass (local.get $at) (i32.const 1)))
              (if (i32.eq (local.get $nameEnd) (local.get $at)) (then (return (i32.const -1))))
              (if (i32.ne (i32.load8_u (local.get $nameEnd)) (i32.const 0x3a))
                (then (return (i32.const -1))))))
          (i32.store offset=4480 (i32.shl (local.get $fields) (i32.const 2))
            (i32.or
              (i32.shl (i32.sub (local.get $at) (i32.const 8192)) (i32.const 7))
              (local.get $id)))
          (local.set $fields (i32.add (local.get $fields) (i32.const 1)))
          (if (i32.lt_u (i32.sub (local.get $id) (i32.const 1)) (i32.const 7))
            (then
              (call $key
                (local.get $id)
                (local.get $at)
                (local.get $end)
                (i32.and (i32.shr_u (local.get $seen) (local.get $id)) (i32.const 1)))
              (local.set $seen
                (i32.or (local.get $seen) (i32.shl (i32.const 1) (local.get $id))))))
          (local.set $at (i32.add (local.get $end) (i32.const 2)))
          (br $lines))))
    (i32.store (i32.const 4352) (i32.sub (local.get $at) (i32.const 8190)))
    (i32.store (i32.const 4404) (i32.eqz (global.get $high)))
    (local.get $fields))

  ;; The CR of the CRLF that ends the line, unless another control character comes before it.
  (func $lineEnd (param $at i32) (result i32)
    (local $octets v128) (local $controls i32)
    (loop $blocks
      (local.set $octets (v128.load (local.get $at)))
      (global.set $high
        (i32.or (global.get $high) (i8x16.bitmask (local.get $octets))))
      (local.set $controls
        (i8x16.bitmask
          (i8x16.lt_u (local.get $octets)
            (v128.const i8x16 14 14 14 14 14 14 14 14 14 14 14 14 14 14 14 14))))
      (if (i32.eqz (local.get $controls))
        (then
          (local.set $at (i32.add (local.get $at) (i32.const 16)))
          (br $blocks))))
    (local.set $at (i32.add (local.get $at) (i32.ctz (local.get $controls))))
    (select
      (local.get $at)
      (i32.const -1)
      (i32.eq (i32.load16_u (local.get $at)) (i32.const 0x0a0d))))

  ;; name-at.ts: the identity of the known name that stands here with a colon behind it, else 0.
  (func $headerId (param $at i32) (result i32)
    (local $word i32) (local $mask i32) (local $id i32) (local $length i32) (local $words i32)
    (local $difference i32) (local $offset i32)
    (if (i32.eq (i32.load8_u offset=1 (local.get $at)) (i32.const 0x3a))
      (then (return (i32.load8_u offset=512 (i32.load8_u (local.get $at))))))
    (local.set $mask
      (select
        (i32.const 0x00ffffff)
        (i32.const -1)
        (i32.eq (i32.load8_u offset=2 (local.get $at)) (i32.const 0x3a))))
    (local.set $word (call $word (local.get $at)))
    (local.set $id
      (i32.load8_u offset=768
        (i32.shr_u
          (i32.mul (i32.and (local.get $word) (local.get $mask)) (i32.const 0x9e3779b1))
          (i32.const 22))))
    (loop $ids
      (if (i32.eqz (local.get $id)) (then (return (i32.const 0))))
      (local.set $length (i32.load8_u offset=1920 (local.get $id)))
      (if (i32.eq (i32.load8_u (i32.add (local.get $at) (local.get $length))) (i32.const 0x3a))
        (then
          (local.set $words
            (i32.shl
              (i32.load16_u offset=2048 (i32.shl (local.get $id) (i32.const 1)))
              (i32.const 2)))
          (local.set $difference
            (i32.and
              (i32.xor (i32.load offset=2304 (local.get $words)) (local.get $word))
              (local.get $mask)))
          (local.set $offset (i32.const 4))
          (block $compared
            (loop $rest
              (br_if $compared (local.get $difference))
              (br_if $compared (i32.ge_u (local.get $offset) (local.get $length)))
              (local.set $words (i32.add (local.get $words) (i32.const 4)))
              ;; the last word of a name reaches back into the one before it
              (local.set $difference
                (i32.xor
                  (i32.load offset=2304 (local.get $words))
                  (call $word
                    (i32.add
                      (local.get $at)
                      (select
                        (i32.sub (local.get $length) (i32.const 4))
                        (local.get $offset)
                        (i32.gt_u
                          (i32.add (local.get $offset) (i32.const 4))
                          (local.get $length)))))))
              (local.set $offset (i32.add (local.get $offset) (i32.const 4)))
              (br $rest)))
          (if (i32.eqz (local.get $difference)) (then (return (local.get $id))))))
      (local.set $id (i32.load8_u offset=1792 (local.get $id)))
      (br $ids))
    (unreachable))

  ;; Four octets in lower case.
  (func $word (param $at i32) (result i32)
    (i32.or (i32.load (local.get $at)) (i32.const 0x20202020)))

  ;; plain-keys.ts: notes where a key is. Of all but Via only one may be there.
  (func $key (param $id i32) (param $at i32) (param $end i32) (param $again i32)
    (local $result i32)
    (if (local.get $again)
      (then
        (if (i32.eq (local.get $id) (i32.const 1)) (then (return)))
        (i32.store offset=4360 (i32.shl (local.get $id) (i32.const 2)) (i32.const -1))
        (return)))
    (local.set $at
      (call $spaces
        (i32.add
          (local.get $at)
          (select
            (i32.const 2)
            (i32.add (i32.load8_u offset=1920 (local.get $id)) (i32.const 1))
            (i32.eq (i32.load8_u offset=1 (local.get $at)) (i32.const 0x3a))))))
    (block $done
      (block $length
        (block $hops
          (block $cseq
            (block $callId
              (block $address
                (block $via
                  (br_table $via $address $address $callId $cseq $hops $length
                    (i32.sub (local.get $id) (i32.const 1))))
                (local.set $result (call $via (local.get $at) (local.get $end)))
                (i32.store (i32.const 4392) (global.get $found))
                (br $done))
              (local.set $result (call $address (local.get $at) (local.get $end)))
              (i32.store offset=4388 (i32.shl (local.get $id) (i32.const 2)) (global.get $found))
              (br $done))
            (local.set $result (call $callId (local.get $at) (local.get $end)))
            (br $done))
          (local.set $result (call $cseq (local.get $at) (local.get $end)))
          (br $done))
        (local.set $result (call $number (local.get $at) (local.get $end) (i64.const 255)))
        (br $done))
      (local.set $result (call $number (local.get $at) (local.get $end) (i64.const 99999999))))
    (i32.store offset=4360 (i32.shl (local.get $id) (i32.const 2)) (local.get $result)))

  ;; `via-parm`, perhaps with others behind it: where its parameters are.
  (func $via (param $at i32) (param $end i32) (result i32)
    (local $params i32) (local $paramsEnd i32)
    (global.set $found (i32.const -1))
    (local.set $params (call $sentBy (local.get $at)))
    (if (i32.lt_s (local.get $params) (i32.const 0)) (then (return (i32.const -1))))
    (local.set $paramsEnd (call $params (local.get $params) (i32.const 6)))
    (if (i32.lt_s (local.get $paramsEnd) (i32.const 0)) (then (return (local.get $paramsEnd))))
    (if (i32.ne (local.get $paramsEnd) (local.get $end))
      (then
        (if (i32.ne (i32.load8_u (local.get $paramsEnd)) (i32.const 0x2c))
          (then (return (i32.const -1))))))
    (i32.sub (local.get $params) (i32.const 8192)))

  ;; `name-addr` and parameters: where these are.
  (func $address (param $at i32) (param $end i32) (result i32)
    (local $params i32) (local $paramsEnd i32)
    (global.set $found (i32.const -1))
    (local.set $params (call $nameAddr (local.get $at)))
    (if (i32.lt_s (local.get $params) (i32.const 0)) (then (return (i32.const -1))))
    (local.set $paramsEnd (call $params (local.get $params) (i32.const 3)))
    (if (i32.lt_s (local.get $paramsEnd) (i32.const 0)) (then (return (local.get $paramsEnd))))
    (if (i32.ne (local.get $paramsEnd) (local.get $end)) (then (return (i32.const -1))))
    (i32.sub (local.get $params) (i32.const 8192)))

  ;; `word [ "@" word ]`
  (func $callId (param $at i32) (param $end i32) (result i32)
    (local $last i32)
    (local.set $last (call $pass (local.get $at) (i32.const 64)))
    (if (i32.eq (local.get $last) (local.get $at)) (then (return (i32.const -1))))
    (if (i32.eq (i32.load8_u (local.get $last)) (i32.const 0x40))
      (then
        (local.set $last (call $pass (i32.add (local.get $last) (i32.const 1)) (i32.const 64)))
        ;; nothing behind the sign
        (if (i32.eq (i32.load8_u (i32.sub (local.get $last) (i32.const 1))) (i32.const 0x40))
          (then (return (i32.const -1))))))
    (if (i32.ne (local.get $last) (local.get $end)) (then (return (i32.const -1))))
    (i32.sub (local.get $at) (i32.const 8192)))

  ;; `1*DIGIT LWS Method`
  (func $cseq (param $at i32) (param $end i32) (result i32)
    (local $gap i32) (local $method i32)
    (local.set $gap (call $pass (local.get $at) (i32.const 256)))
    (if (i64.gt_u (call $decimal (local.get $at) (local.get $gap)) (i64.const 0x7fffffff))
      (then (return (i32.const -1))))
    (if (i32.ne (i32.load8_u (local.get $gap)) (i32.const 0x20)) (then (return (i32.const -1))))
    (local.set $method (call $spaces (local.get $gap)))
    (if (i32.eq (local.get $method) (local.get $end)) (then (return (i32.const -1))))
    (if (i32.ne (call $pass (local.get $method) (i32.const 1)) (local.get $end))
      (then (return (i32.const -1))))
    (i32.sub (local.get $at) (i32.const 8192)))

  ;; `1*DIGIT`: the number itself.
  (func $number (param $at i32) (param $end i32) (param $max i64) (result i32)
    (local $value i64)
    (if (i32.ne (call $pass (local.get $at) (i32.const 256)) (local.get $end))
      (then (return (i32.const -1))))
    (local.set $value (call $decimal (local.get $at) (local.get $end)))
    (if (i64.gt_u (local.get $value) (local.get $max)) (then (return (i32.const -1))))
    (i32.wrap_i64 (local.get $value)))

  ;; The value of one to ten digits; of others one that is above every bound.
  (func $decimal (param $at i32) (param $end i32) (result i64)
    (local $value i64)
    (if (i32.gt_u
          (i32.sub (i32.sub (local.get $end) (local.get $at)) (i32.const 1))
          (i32.const 9))
      (then (return (i64.const -1))))
    (loop $digits
      (local.set $value
        (i64.add
          (i64.mul (local.get $value) (i64.const 10))
          (i64.sub (i64.load8_u (local.get $at)) (i64.const 48))))
      (local.set $at (i32.add (local.get $at) (i32.const 1)))
      (br_if $digits (i32.lt_u (local.get $at) (local.get $end))))
    (local.get $value))

  ;; A token, a plain SIP URI and the version, one space between them: where the token ends.
  (func $requestLine (param $at i32) (param $end i32) (result i32)
    (local $methodEnd i32) (local $uriEnd i32)
    (local.set $methodEnd (call $pass (local.get $at) (i32.const 1)))
    (if (i32.eq (local.get $methodEnd) (local.get $at)) (then (return (i32.const -1))))
    (if (i32.ne (i32.load8_u (local.get $methodEnd)) (i32.const 0x20))
      (then (return (i32.const -1))))
    (local.set $uriEnd (call $sipUri (i32.add (local.get $methodEnd) (i32.const 1))))
    (if (i32.ne (local.get $uriEnd) (i32.sub (local.get $end) (i32.const 8)))
      (then (return (i32.const -1))))
    ;; " SIP/2.0"
    (if (i64.ne (i64.load (local.get $uriEnd)) (i64.const 0x302e322f50495320))
      (then (return (i32.const -1))))
    (i32.sub (local.get $methodEnd) (i32.const 8192)))

  ;; `sent-protocol LWS sent-by`: where it ends.
  (func $sentBy (param $at i32) (result i32)
    (local $gap i32) (local $host i32) (local $hostEnd i32)
    ;; "SIP/2.0/"
    (if (i64.ne (i64.load (local.get $at)) (i64.const 0x2f302e322f504953))
      (then (return (i32.const -1))))
    (local.set $gap (call $pass (i32.add (local.get $at) (i32.const 8)) (i32.const 1)))
    (if (i32.eq (local.get $gap) (i32.add (local.get $at) (i32.const 8)))
      (then (return (i32.const -1))))
    (if (i32.ne (i32.load8_u (local.get $gap)) (i32.const 0x20)) (then (return (i32.const -1))))
    (local.set $host (call $spaces (local.get $gap)))
    (local.set $hostEnd (call $pass (local.get $host) (i32.const 32)))
    (if (i32.eq (local.get $hostEnd) (local.get $host)) (then (return (i32.const -1))))
    (call $port (local.get $hostEnd)))

  ;; `[ display-name ] LAQUOT addr-spec RAQUOT`: where it ends.
  (func $nameAddr (param $at i32) (result i32)
    (local $octet i32)
    (if (i32.eq (i32.load8_u (local.get $at)) (i32.const 0x22))
      (then
        (loop $quoted
          (local.set $at (i32.add (local.get $at) (i32.const 1)))
          (local.set $octet (i32.load8_u (local.get $at)))
          (if (i32.lt_u (local.get $octet) (i32.const 0x20)) (then (return (i32.const -1))))
          (if (i32.eq (local.get $octet) (i32.const 0x5c)) (then (return (i32.const -1))))
          (br_if $quoted (i32.ne (local.get $octet) (i32.const 0x22))))
        (local.set $at (call $spaces (i32.add (local.get $at) (i32.const 1)))))
      (else
        (local.set $at (call $pass (local.get $at) (i32.const 1)))
        (loop $words
          (if (i32.eq (i32.load8_u (local.get $at)) (i32.const 0x20))
            (then
              (local.set $at (call $pass (i32.add (local.get $at) (i32.const 1)) (i32.const 1)))
              (br $words))))))
    (if (i32.ne (i32.load8_u (local.get $at)) (i32.const 0x3c)) (then (return (i32.const -1))))
    (local.set $at (call $sipUri (i32.add (local.get $at) (i32.const 1))))
    (if (i32.lt_s (local.get $at) (i32.const 0)) (then (return (i32.const -1))))
    (if (i32.ne (i32.load8_u (local.get $at)) (i32.const 0x3e)) (then (return (i32.const -1))))
    (i32.add (local.get $at) (i32.const 1)))

  ;; plain-uri.ts: where a plain SIP URI ends.
  (func $sipUri (param $at i32) (result i32)
    (local $host i32) (local $hostEnd i32) (local $userEnd i32) (local $left i32)
    ;; "sip"
    (if (i32.ne
          (i32.and (i32.load (local.get $at)) (i32.const 0x00ffffff))
          (i32.const 0x00706973))
      (then (return (i32.const -1))))
    (local.set $at (i32.add (local.get $at) (i32.const 3)))
    (local.set $at
      (i32.add
        (local.get $at)
        (i32.eq (i32.load8_u (local.get $at)) (i32.const 0x73))))
    (if (i32.ne (i32.load8_u (local.get $at)) (i32.const 0x3a)) (then (return (i32.const -1))))
    (local.set $at (i32.add (local.get $at) (i32.const 1)))
    ;; the alphabet of a host is part of that of a user: this is the one or the beginning of the other
    (local.set $host (local.get $at))
    (local.set $hostEnd (call $pass (local.get $at) (i32.const 32)))
    (local.set $userEnd (local.get $hostEnd))
    (if (i32.ne (i32.load8_u (local.get $hostEnd)) (i32.const 0x3b))
      (then (local.set $userEnd (call $pass (local.get $hostEnd) (i32.const 2)))))
    (if (i32.and
          (i32.eq (i32.load8_u (local.get $userEnd)) (i32.const 0x40))
          (i32.gt_u (local.get $userEnd) (local.get $at)))
      (then
        (local.set $host (i32.add (local.get $userEnd) (i32.const 1)))
        (local.set $hostEnd (call $pass (local.get $host) (i32.const 32))))
      (else
        (if (i32.ne (local.get $userEnd) (local.get $hostEnd))
          (then (return (i32.const -1))))))
    (if (i32.eq (local.get $hostEnd) (local.get $host)) (then (return (i32.const -1))))
    (local.set $at (call $port (local.get $hostEnd)))
    (if (i32.lt_s (local.get $at) (i32.const 0)) (then (return (i32.const -1))))
    (local.set $left (i32.const 128))
    (loop $each
      (if (i32.eq (i32.load8_u (local.get $at)) (i32.const 0x3b))
        (then
          (local.set $host (i32.add (local.get $at) (i32.const 1)))
          (local.set $at (call $pass (local.get $host) (i32.const 4)))
          (if (i32.eq (local.get $at) (local.get $host)) (then (return (i32.const -1))))
          (if (i32.eqz (local.get $left)) (then (return (i32.const -1))))
          (local.set $left (i32.sub (local.get $left) (i32.const 1)))
          (if (i32.eq (i32.load8_u (local.get $at)) (i32.const 0x3d))
            (then
              (local.set $at
                (call $pass (i32.add (local.get $at) (i32.const 1)) (i32.const 4)))))
          (br $each))))
    (local.get $at))

  ;; `[ COLON port ]`: where it ends.
  (func $port (param $at i32) (result i32)
    (local $end i32)
    (if (i32.ne (i32.load8_u (local.get $at)) (i32.const 0x3a)) (then (return (local.get $at))))
    (local.set $at (i32.add (local.get $at) (i32.const 1)))
    (local.set $end (call $pass (local.get $at) (i32.const 256)))
    (if (i32.gt_u (i32.sub (local.get $end) (local.get $at)) (i32.const 5))
      (then (return (i32.const -1))))
    (if (i64.gt_u (call $decimal (local.get $at) (local.get $end)) (i64.const 65535))
      (then (return (i32.const -1))))
    (local.get $end))

  ;; plain-octets.ts: where `*( SEMI generic-param )` ends; -2 where two names may be the same or a
  ;; value is quoted. Notes the value of `tag` ($wanted 3) or `branch` ($wanted 6).
  (func $params (param $at i32) (param $wanted i32) (result i32)
    (local $name i32) (local $length i32) (local $bit i32) (local $seen i32) (local $value i32)
    (loop $each
      (if (i32.ne (i32.load8_u (local.get $at)) (i32.const 0x3b)) (then (return (local.get $at))))
      (local.set $name (i32.add (local.get $at) (i32.const 1)))
      (local.set $at (call $pass (local.get $name) (i32.const 1)))
      (local.set $length (i32.sub (local.get $at) (local.get $name)))
      (if (i32.eqz (local.get $length)) (then (return (i32.const -1))))
      ;; letters of both cases differ by 32, and so fall on the same bit
      (local.set $bit
        (i32.shl
          (i32.const 1)
          (i32.add (i32.load8_u (local.get $name)) (local.get $length))))
      (if (i32.and (local.get $seen) (local.get $bit)) (then (return (i32.const -2))))
      (local.set $seen (i32.or (local.get $seen) (local.get $bit)))
      (local.set $value (local.get $at))
      (if (i32.eq (i32.load8_u (local.get $at)) (i32.const 0x3d))
        (then
          (local.set $value (i32.add (local.get $at) (i32.const 1)))
          (if (i32.eq (i32.load8_u (local.get $value)) (i32.const 0x22))
            (then (return (i32.const -2))))
          (local.set $at (call $pass (local.get $value) (i32.const 512)))))
      (br_if $each (i32.ne (local.get $length) (local.get $wanted)))
      (if (call $isWanted (local.get $name) (local.get $length))
        (then
          (global.set $found
            (i32.or
              (i32.shl (i32.sub (local.get $value) (i32.const 8192)) (i32.const 14))
              (i32.sub (local.get $at) (local.get $value))))))
      (br $each))
    (unreachable))

  ;; Whether a name of three octets is `tag`, of six `branch`.
  (func $isWanted (param $at i32) (param $length i32) (result i32)
    (if (i32.eq (local.get $length) (i32.const 3))
      (then
        (return
          (i32.eq
            (i32.and (call $word (local.get $at)) (i32.const 0x00ffffff))
            (i32.const 0x00676174)))))
    (i32.and
      (i32.eq (call $word (local.get $at)) (i32.const 0x6e617262))
      (i32.eq
        (call $word (i32.add (local.get $at) (i32.const 2)))
        (i32.const 0x68636e61))))

  ;; The place behind the octets of a class.
  (func $pass (param $at i32) (param $class i32) (result i32)
    (loop $octets
      (if (i32.and
            (i32.load16_u (i32.shl (i32.load8_u (local.get $at)) (i32.const 1)))
            (local.get $class))
        (then
          (local.set $at (i32.add (local.get $at) (i32.const 1)))
          (br $octets))))
    (local.get $at))

  ;; The place behind spaces.
  (func $spaces (param $at i32) (result i32)
    (loop $octets
      (if (i32.eq (i32.load8_u (local.get $at)) (i32.const 0x20))
        (then
          (local.set $at (i32.add (local.get $at) (i32.const 1)))
          (br $octets))))
    (local.get $at)))
