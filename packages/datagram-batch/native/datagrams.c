// Datagrams in batches, for Linux. What many sockets have received is read by recvmmsg(2) and told in
// one call; what they send leaves by sendmmsg(2). One instance for each environment of Node: the main
// thread, every worker. libuv polls the sockets, and those that are ready are read when it has.
//
// Only ../src/native.ts calls these functions, with values that it has checked; it owns the numbers of
// the sockets and the memory that is described below.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define NAPI_VERSION 8
#include <node_api.h>
#include <uv.h>

enum {
  BATCH = 32,            // packets that are read or sent in one go
  LARGEST = 65536,       // no datagram is larger
  STRIDE = LARGEST + 64, // else all places would share the same lines of the cache
  SLAB = 8192,           // received packets are cut from memory of this size
  MOST_SENT_ON = 256,    // packets in one go, of those that nobody looks at
};

// What is told of a packet, each in 32 bits.
enum { SOCKET, OFFSET, LENGTH, PORT, SCOPE, ADDRESS, FIELDS = ADDRESS + 4 };

// What a rule says, each in 32 bits but the payload types, which are octets: see ../src/native.ts.
enum {
  RULE_SSRC = FIELDS, // behind where it comes from, as in the fields of a packet
  RULE_SEQUENCE,
  LOG_ROOM,
  THROUGH,
  AS_SSRC,
  SEQUENCE_OFFSET,
  TIMESTAMP_OFFSET,
  PAUSE_US,
  TO_FIELDS,
  PAYLOAD_TYPES = TO_FIELDS + FIELDS,
};

// Packets of RTP that a socket sends on by itself; as RtpForwarding in packages/runtime, where it says why.
enum { RTP_HEADER = 12, PLAIN = 0x80, MOST_AHEAD = 100, RECORD = 4, NOT_SENT_ON = 0xff };

typedef union {
  struct sockaddr any;
  struct sockaddr_in v4;
  struct sockaddr_in6 v6;
} Name;

typedef struct Instance Instance;

typedef struct {
  uint32_t *log; // the caller's
  uint32_t room;
  uint32_t last, pause; // microseconds
  uint16_t highest;
  uint16_t sequence_offset;
  uint32_t ssrc, as_ssrc, timestamp_offset;
  uint32_t through, serial; // the socket at a place, if it is still the same
  socklen_t to_length;
  Name from, to;
  uint8_t payload_types[128];
} Rule;

typedef struct Socket {
  uv_poll_t poll;
  Instance *self;
  uint32_t place;
  uint32_t serial; // no other socket of this environment has or had it
  int fd;
  int family;
  int expected; // packets, as many as came the last time
  Rule *rule; // of what it sends on by itself, or NULL
  bool is_ready;
  struct Socket *before, *after; // among the ready ones
} Socket;

struct Instance {
  napi_env env;
  napi_async_cleanup_hook_handle cleanup;
  uv_loop_t *loop;
  uv_check_t check;
  bool has_ended;
  uint32_t handles; // of libuv, not closed yet
  napi_ref on_batch;
  uint32_t *received; // BATCH * FIELDS, of what came
  uint32_t *queued;   // BATCH * FIELDS, of what is to go
  uint8_t *bytes;     // what is to go
  napi_ref slab;
  uint8_t *slab_bytes;
  uint32_t slab_size, slab_used;
  Socket **sockets; // by their places
  uint32_t places;
  uint32_t serials;
  Socket *first, *last; // of the ready ones, who has waited longest before the others
  uint8_t *scratch;
  struct mmsghdr headers[BATCH];
  struct iovec vectors[BATCH];
  Name names[BATCH];
};

static Instance *instance_of(napi_env env) {
  void *self = NULL;
  napi_get_instance_data(env, &self);
  return self;
}

static napi_value number(napi_env env, int32_t value) {
  napi_value result = NULL;
  napi_create_int32(env, value, &result);
  return result;
}

static uint32_t unsigned_of(napi_env env, napi_value value) {
  uint32_t result = 0;
  napi_get_value_uint32(env, value, &result);
  return result;
}

static void *memory_of(napi_env env, napi_value array) {
  void *data = NULL;
  napi_get_typedarray_info(env, array, NULL, NULL, &data, NULL, NULL);
  return data;
}

static void write_name(uint32_t *fields, const Name *name) {
  if (name->any.sa_family == AF_INET) {
    fields[PORT] = ntohs(name->v4.sin_port);
    fields[SCOPE] = 0;
    memcpy(fields + ADDRESS, &name->v4.sin_addr, 4);
  } else {
    fields[PORT] = ntohs(name->v6.sin6_port);
    fields[SCOPE] = name->v6.sin6_scope_id;
    memcpy(fields + ADDRESS, &name->v6.sin6_addr, 16);
  }
}

static socklen_t read_name(const uint32_t *fields, int family, Name *name) {
  memset(name, 0, sizeof *name);
  name->any.sa_family = (sa_family_t)family;
  if (family == AF_INET) {
    name->v4.sin_port = htons((uint16_t)fields[PORT]);
    memcpy(&name->v4.sin_addr, fields + ADDRESS, 4);
    return sizeof name->v4;
  }
  name->v6.sin6_port = htons((uint16_t)fields[PORT]);
  name->v6.sin6_scope_id = fields[SCOPE];
  memcpy(&name->v6.sin6_addr, fields + ADDRESS, 16);
  return sizeof name->v6;
}

// Reads an address in text form; 0 or an error of getaddrinfo.
static int parse_address(napi_env env, napi_value text, Name *name) {
  char address[INET6_ADDRSTRLEN + IF_NAMESIZE + 1];
  size_t length = 0;
  struct addrinfo hints = {.ai_flags = AI_NUMERICHOST, .ai_socktype = SOCK_DGRAM};
  struct addrinfo *found = NULL;
  if (napi_get_value_string_latin1(env, text, address, sizeof address, &length) != napi_ok)
    return EAI_NONAME;
  int error = getaddrinfo(address, NULL, &hints, &found);
  if (error != 0) return error;
  memcpy(name, found->ai_addr, found->ai_addrlen);
  freeaddrinfo(found);
  return 0;
}

// Memory for at least so many bytes; what was cut from the old lives as long as its packets.
static bool new_slab(Instance *self, uint32_t least) {
  napi_value buffer;
  void *data;
  uint32_t size = least > SLAB ? least : SLAB;
  if (napi_create_arraybuffer(self->env, size, &data, &buffer) != napi_ok) return false;
  if (self->slab != NULL) napi_delete_reference(self->env, self->slab);
  self->slab = NULL;
  if (napi_create_reference(self->env, buffer, 1, &self->slab) != napi_ok) return false;
  self->slab_bytes = data;
  self->slab_size = size;
  self->slab_used = 0;
  return true;
}

static void append_ready(Socket *socket) {
  Instance *self = socket->self;
  if (socket->is_ready) return;
  socket->is_ready = true;
  socket->before = self->last;
  socket->after = NULL;
  *(self->last == NULL ? &self->first : &self->last->after) = socket;
  self->last = socket;
}

static void remove_ready(Socket *socket) {
  Instance *self = socket->self;
  if (!socket->is_ready) return;
  socket->is_ready = false;
  *(socket->before == NULL ? &self->first : &socket->before->after) = socket->after;
  *(socket->after == NULL ? &self->last : &socket->after->before) = socket->before;
}

static uint32_t microseconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint32_t)((uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000);
}

static bool is_same(const Name *one, const Name *other) {
  if (one->any.sa_family != other->any.sa_family) return false;
  if (one->any.sa_family == AF_INET)
    return one->v4.sin_port == other->v4.sin_port &&
           one->v4.sin_addr.s_addr == other->v4.sin_addr.s_addr;
  return one->v6.sin6_port == other->v6.sin6_port &&
         one->v6.sin6_scope_id == other->v6.sin6_scope_id &&
         memcmp(&one->v6.sin6_addr, &other->v6.sin6_addr, 16) == 0;
}

static uint16_t read16(const uint8_t *bytes) {
  return (uint16_t)(bytes[0] << 8 | bytes[1]);
}

static uint32_t read32(const uint8_t *bytes) {
  return (uint32_t)read16(bytes) << 16 | read16(bytes + 2);
}

static void write16(uint8_t *bytes, uint16_t value) {
  bytes[0] = (uint8_t)(value >> 8);
  bytes[1] = (uint8_t)value;
}

static void write32(uint8_t *bytes, uint32_t value) {
  write16(bytes, (uint16_t)(value >> 16));
  write16(bytes + 2, (uint16_t)value);
}

// Sends a packet on where the rule covers it, changed in place; else it is as it was.
static bool send_on(Instance *self, Rule *rule, uint32_t slot, uint32_t now) {
  uint8_t *bytes = self->vectors[slot].iov_base;
  uint32_t length = self->headers[slot].msg_len;
  if (length < RTP_HEADER || bytes[0] != PLAIN || read32(bytes + 8) != rule->ssrc) return false;
  uint16_t sequence = read16(bytes + 2);
  uint16_t ahead = (uint16_t)(sequence - rule->highest);
  uint8_t payload_type = rule->payload_types[bytes[1] & 0x7f];
  if (ahead == 0 || ahead > MOST_AHEAD || payload_type == NOT_SENT_ON) return false;
  if (rule->log[0] >= rule->room || now - rule->last > rule->pause) return false;
  if (!is_same(&self->names[slot], &rule->from)) return false;
  Socket *through = self->sockets[rule->through];
  if (through == NULL || through->serial != rule->serial) return false;
  uint32_t *record = rule->log + 1 + rule->log[0]++ * RECORD;
  record[0] = (uint32_t)bytes[1] << 16 | sequence;
  record[1] = read32(bytes + 4);
  record[2] = length;
  record[3] = now;
  rule->highest = sequence;
  rule->last = now;
  bytes[1] = (uint8_t)((bytes[1] & 0x80) | payload_type);
  write16(bytes + 2, (uint16_t)(sequence + rule->sequence_offset));
  write32(bytes + 4, record[1] + rule->timestamp_offset);
  write32(bytes + 8, rule->as_ssrc);
  // what the kernel refuses is lost: for RTP it would be late
  sendto(through->fd, bytes, length, 0, &rule->to.any, rule->to_length);
  return true;
}

// What is read in one go.
typedef struct {
  uint32_t slots;   // that hold a packet
  uint32_t told;    // packets that are to be told
  uint32_t sent_on; // packets that were sent on
} Turn;

// The same as recvmmsg for one, and cheaper.
static int receive_one(int fd, struct mmsghdr *header) {
  ssize_t length = recvmsg(fd, &header->msg_hdr, MSG_DONTWAIT);
  if (length < 0) return -1;
  header->msg_len = (unsigned)length;
  return 1;
}

// Reads one socket. Asking for one more packet than there is costs a good part of what a packet costs,
// and what is left makes the socket ready again. What is sent on holds no slot, and nothing is sent on
// behind a packet that is told: each socket keeps its order.
static void receive(Socket *socket, Turn *turn) {
  Instance *self = socket->self;
  int room = (int)(BATCH - turn->slots);
  int asked = socket->expected < room ? socket->expected : room;
  struct mmsghdr *headers = self->headers + turn->slots;
  // an error of the socket is taken from it by this; no packet came with it
  int got = asked == 1 ? receive_one(socket->fd, headers)
                       : recvmmsg(socket->fd, headers, (unsigned)asked, MSG_DONTWAIT, NULL);
  if (got == socket->expected) socket->expected = got < BATCH / 2 ? 2 * got : BATCH;
  else if (got < asked) socket->expected = got > 0 ? got : 1;
  if (got <= 0) return;
  uint32_t first = turn->slots, end = first + (uint32_t)got;
  uint32_t now = socket->rule == NULL ? 0 : microseconds();
  while (first < end && socket->rule != NULL && send_on(self, socket->rule, first, now)) first++;
  turn->sent_on += first - turn->slots;
  for (uint32_t slot = turn->slots; slot < end; slot++)
    self->headers[slot].msg_hdr.msg_namelen = sizeof(Name);
  if (first == end) return;
  for (uint32_t slot = first; slot < end; slot++) {
    uint32_t *fields = self->received + turn->told++ * FIELDS;
    fields[SOCKET] = socket->place;
    fields[OFFSET] = slot; // until it is kept
    fields[LENGTH] = self->headers[slot].msg_len;
    write_name(fields, &self->names[slot]);
  }
  turn->slots = end;
}

static void tell(Instance *self, uint32_t packets) {
  napi_value receiver, callback, arguments[2], result;
  if (napi_get_global(self->env, &receiver) != napi_ok ||
      napi_get_reference_value(self->env, self->on_batch, &callback) != napi_ok ||
      napi_create_uint32(self->env, packets, &arguments[0]) != napi_ok ||
      napi_get_reference_value(self->env, self->slab, &arguments[1]) != napi_ok)
    return;
  napi_status status =
      napi_make_callback(self->env, NULL, receiver, callback, 2, arguments, &result);
  if (status != napi_pending_exception) return;
  napi_value error;
  if (napi_get_and_clear_last_exception(self->env, &error) == napi_ok)
    napi_fatal_exception(self->env, error);
}

// Cuts what was read from the slab; false where there is no memory.
static bool keep(Instance *self, uint32_t packets) {
  uint32_t total = 0;
  for (uint32_t at = 0; at < packets; at++) total += self->received[at * FIELDS + LENGTH];
  bool has_room = self->slab != NULL && self->slab_size - self->slab_used >= total;
  if (!has_room && !new_slab(self, total)) return false;
  for (uint32_t at = 0; at < packets; at++) {
    uint32_t *fields = self->received + at * FIELDS;
    uint8_t *read = self->vectors[fields[OFFSET]].iov_base;
    fields[OFFSET] = self->slab_used;
    memcpy(self->slab_bytes + self->slab_used, read, fields[LENGTH]);
    self->slab_used += fields[LENGTH];
  }
  return true;
}

static void on_readable(uv_poll_t *poll, int status, int events) {
  Socket *socket = uv_handle_get_data((uv_handle_t *)poll);
  append_ready(socket);
  // libuv has stopped it for an error, which reading takes from it
  if (status < 0) uv_poll_start(poll, UV_READABLE, on_readable);
}

// All that is ready is known: tells BATCH packets at most. Who is not asked stays ready.
static void on_polled(uv_check_t *check) {
  Instance *self = uv_handle_get_data((uv_handle_t *)check);
  Turn turn = {0};
  while (self->first != NULL && turn.slots < BATCH && turn.sent_on < MOST_SENT_ON) {
    Socket *socket = self->first;
    remove_ready(socket);
    receive(socket, &turn);
  }
  napi_handle_scope scope;
  if (turn.told == 0 || napi_open_handle_scope(self->env, &scope) != napi_ok) return;
  if (keep(self, turn.told)) tell(self, turn.told);
  napi_close_handle_scope(self->env, scope);
}

static void discard(Instance *self) {
  if (self->scratch != MAP_FAILED) munmap(self->scratch, (size_t)BATCH * STRIDE);
  free(self->sockets);
  free(self);
}

static void forget_handle(Instance *self) {
  if (--self->handles > 0 || !self->has_ended) return;
  napi_async_cleanup_hook_handle cleanup = self->cleanup;
  discard(self);
  napi_remove_async_cleanup_hook(cleanup);
}

static void on_socket_closed(uv_handle_t *poll) {
  Socket *socket = uv_handle_get_data(poll);
  Instance *self = socket->self;
  free(socket);
  forget_handle(self);
}

static void on_check_closed(uv_handle_t *check) { forget_handle(uv_handle_get_data(check)); }

static void end_forwarding_of(Socket *socket) {
  free(socket->rule);
  socket->rule = NULL;
}

static void end_socket(Socket *socket) {
  remove_ready(socket);
  end_forwarding_of(socket);
  socket->self->sockets[socket->place] = NULL;
  uv_close((uv_handle_t *)&socket->poll, on_socket_closed);
  close(socket->fd); // from here on libuv does not look at it
}

// The environment ends: a worker that is terminated, the process that exits.
static void on_end(napi_async_cleanup_hook_handle handle, void *data) {
  Instance *self = data;
  self->has_ended = true;
  for (uint32_t place = 0; place < self->places; place++)
    if (self->sockets[place] != NULL) end_socket(self->sockets[place]);
  uv_close((uv_handle_t *)&self->check, on_check_closed);
}

// start(received, queued, bytes, onBatch): 0 or -errno; once for each environment. The caller keeps the
// three arrays for as long as it lives.
static napi_value start(napi_env env, napi_callback_info info) {
  size_t count = 4;
  napi_value arguments[4];
  if (instance_of(env) != NULL) return number(env, -EALREADY);
  Instance *self = calloc(1, sizeof *self);
  if (self == NULL) return number(env, -ENOMEM);
  napi_get_cb_info(env, info, &count, arguments, NULL, NULL);
  self->env = env;
  self->received = memory_of(env, arguments[0]);
  self->queued = memory_of(env, arguments[1]);
  self->bytes = memory_of(env, arguments[2]);
  napi_create_reference(env, arguments[3], 1, &self->on_batch);
  napi_get_uv_event_loop(env, &self->loop);
  self->scratch = mmap(NULL, (size_t)BATCH * STRIDE, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (self->scratch == MAP_FAILED) {
    discard(self);
    return number(env, -ENOMEM);
  }
  for (int at = 0; at < BATCH; at++) {
    self->vectors[at] = (struct iovec){self->scratch + (size_t)at * STRIDE, LARGEST};
    self->headers[at].msg_hdr = (struct msghdr){
        .msg_name = &self->names[at],
        .msg_namelen = sizeof(Name),
        .msg_iov = &self->vectors[at],
        .msg_iovlen = 1,
    };
  }
  uv_check_init(self->loop, &self->check); // neither this nor the start can fail
  uv_handle_set_data((uv_handle_t *)&self->check, self);
  uv_check_start(&self->check, on_polled);
  uv_unref((uv_handle_t *)&self->check);
  self->handles = 1;
  napi_add_async_cleanup_hook(env, on_end, self, &self->cleanup);
  napi_set_instance_data(env, self, NULL, NULL);
  return number(env, 0);
}

static int make_room(Instance *self, uint32_t place) {
  if (place < self->places) return 0;
  uint32_t places = self->places == 0 ? 16 : self->places;
  while (places <= place) places *= 2;
  Socket **sockets = realloc(self->sockets, places * sizeof *sockets);
  if (sockets == NULL) return -ENOMEM;
  for (uint32_t at = self->places; at < places; at++) sockets[at] = NULL;
  self->sockets = sockets;
  self->places = places;
  return 0;
}

static bool switch_on(int fd, int level, int option) {
  int one = 1;
  return setsockopt(fd, level, option, &one, sizeof one) == 0;
}

// Marks what leaves (RFC 2474). Not every system permits it, and an unmarked packet is better than none.
static void mark(int fd, bool is_v4, uint32_t dscp) {
  int octet = (int)(dscp << 2);
  if (is_v4) setsockopt(fd, IPPROTO_IP, IP_TOS, &octet, sizeof octet);
  else setsockopt(fd, IPPROTO_IPV6, IPV6_TCLASS, &octet, sizeof octet);
}

// Has libuv look at a bound socket; 0 or its error. It keeps the loop alive.
static int poll_socket(Instance *self, uint32_t place, int fd, int family) {
  if (make_room(self, place) != 0) return -ENOMEM;
  Socket *socket = calloc(1, sizeof *socket);
  if (socket == NULL) return -ENOMEM;
  *socket = (Socket){.self = self,
                     .place = place,
                     .serial = self->serials++,
                     .fd = fd,
                     .family = family,
                     .expected = 1};
  int error = uv_poll_init(self->loop, &socket->poll, fd);
  if (error != 0) {
    free(socket);
    return error;
  }
  uv_handle_set_data((uv_handle_t *)&socket->poll, socket);
  uv_poll_start(&socket->poll, UV_READABLE, on_readable);
  self->sockets[place] = socket;
  self->handles++;
  return 0;
}

// open(place, address, port, receive buffer in bytes or 0, reusePort, dscp): the bound port or -errno
static napi_value open_socket(napi_env env, napi_callback_info info) {
  size_t count = 6;
  napi_value arguments[6];
  napi_get_cb_info(env, info, &count, arguments, NULL, NULL);
  Instance *self = instance_of(env);
  uint32_t place = unsigned_of(env, arguments[0]);
  uint32_t buffer = unsigned_of(env, arguments[3]);
  Name name;
  if (parse_address(env, arguments[1], &name) != 0) return number(env, -EINVAL);
  bool is_v4 = name.any.sa_family == AF_INET;
  socklen_t length = is_v4 ? sizeof name.v4 : sizeof name.v6;
  // the port is at the same place in both
  name.v4.sin_port = htons((uint16_t)unsigned_of(env, arguments[2]));
  int fd = socket(name.any.sa_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return number(env, -errno);
  mark(fd, is_v4, unsigned_of(env, arguments[5]));
  if ((is_v4 || switch_on(fd, IPPROTO_IPV6, IPV6_V6ONLY)) &&
      (!unsigned_of(env, arguments[4]) || switch_on(fd, SOL_SOCKET, SO_REUSEPORT)) &&
      (buffer == 0 || setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof buffer) == 0) &&
      bind(fd, &name.any, length) == 0 && getsockname(fd, &name.any, &length) == 0) {
    int error = poll_socket(self, place, fd, name.any.sa_family);
    if (error == 0) return number(env, ntohs(name.v4.sin_port));
    errno = -error;
  }
  int error = errno;
  close(fd);
  return number(env, -error);
}

// close(place)
static napi_value close_socket(napi_env env, napi_callback_info info) {
  size_t count = 1;
  napi_value argument;
  napi_get_cb_info(env, info, &count, &argument, NULL, NULL);
  end_socket(instance_of(env)->sockets[unsigned_of(env, argument)]);
  return NULL;
}

// forward(place, rule, log): 0 or -errno. The caller keeps the log until it ends that or closes the socket.
static napi_value forward(napi_env env, napi_callback_info info) {
  size_t count = 3;
  napi_value arguments[3];
  napi_get_cb_info(env, info, &count, arguments, NULL, NULL);
  Instance *self = instance_of(env);
  Socket *socket = self->sockets[unsigned_of(env, arguments[0])];
  uint32_t *said = memory_of(env, arguments[1]);
  Socket *through = self->sockets[said[THROUGH]];
  if (through == NULL) return number(env, -EBADF);
  Rule *rule = socket->rule == NULL ? calloc(1, sizeof *rule) : socket->rule;
  if (rule == NULL) return number(env, -ENOMEM);
  socket->rule = rule;
  *rule = (Rule){
      .log = memory_of(env, arguments[2]),
      .room = said[LOG_ROOM],
      .last = microseconds(),
      .pause = said[PAUSE_US],
      .highest = (uint16_t)said[RULE_SEQUENCE],
      .sequence_offset = (uint16_t)said[SEQUENCE_OFFSET],
      .ssrc = said[RULE_SSRC],
      .as_ssrc = said[AS_SSRC],
      .timestamp_offset = said[TIMESTAMP_OFFSET],
      .through = said[THROUGH],
      .serial = through->serial,
  };
  read_name(said, socket->family, &rule->from);
  rule->to_length = read_name(said + TO_FIELDS, through->family, &rule->to);
  memcpy(rule->payload_types, said + PAYLOAD_TYPES, sizeof rule->payload_types);
  return number(env, 0);
}

// endForwarding(place)
static napi_value end_forwarding(napi_env env, napi_callback_info info) {
  size_t count = 1;
  napi_value argument;
  napi_get_cb_info(env, info, &count, &argument, NULL, NULL);
  end_forwarding_of(instance_of(env)->sockets[unsigned_of(env, argument)]);
  return NULL;
}

// parse(text, fields): 4 or 6 by its family, 0 where it is no address; fields get it
static napi_value parse(napi_env env, napi_callback_info info) {
  size_t count = 2;
  napi_value arguments[2];
  Name name;
  napi_get_cb_info(env, info, &count, arguments, NULL, NULL);
  if (parse_address(env, arguments[0], &name) != 0) return number(env, 0);
  write_name(memory_of(env, arguments[1]), &name);
  return number(env, name.any.sa_family == AF_INET ? 4 : 6);
}

// nameOf(index): the IPv6 address that a received packet came from, as text
static napi_value name_of(napi_env env, napi_callback_info info) {
  size_t count = 1;
  napi_value argument, result;
  char text[INET6_ADDRSTRLEN + IF_NAMESIZE + 1];
  char interface[IF_NAMESIZE];
  napi_get_cb_info(env, info, &count, &argument, NULL, NULL);
  uint32_t *fields = instance_of(env)->received + unsigned_of(env, argument) * FIELDS;
  inet_ntop(AF_INET6, fields + ADDRESS, text, INET6_ADDRSTRLEN);
  if (fields[SCOPE] != 0 && if_indextoname(fields[SCOPE], interface) != NULL) {
    strcat(text, "%");
    strcat(text, interface);
  }
  napi_create_string_latin1(env, text, NAPI_AUTO_LENGTH, &result);
  return result;
}

// send(from, to): how many of the queued packets from..to have gone, or -errno where the first cannot
static napi_value send_queued(napi_env env, napi_callback_info info) {
  size_t count = 2;
  napi_value arguments[2];
  struct mmsghdr headers[BATCH];
  struct iovec vectors[BATCH];
  Name names[BATCH];
  napi_get_cb_info(env, info, &count, arguments, NULL, NULL);
  Instance *self = instance_of(env);
  uint32_t from = unsigned_of(env, arguments[0]), to = unsigned_of(env, arguments[1]);
  for (uint32_t at = from; at < to;) {
    uint32_t place = self->queued[at * FIELDS + SOCKET];
    Socket *socket = self->sockets[place];
    uint32_t run = 0;
    for (; at + run < to && self->queued[(at + run) * FIELDS + SOCKET] == place; run++) {
      uint32_t *fields = self->queued + (at + run) * FIELDS;
      vectors[run] = (struct iovec){self->bytes + fields[OFFSET], fields[LENGTH]};
      headers[run].msg_hdr = (struct msghdr){
          .msg_name = &names[run],
          .msg_namelen = read_name(fields, socket->family, &names[run]),
          .msg_iov = &vectors[run],
          .msg_iovlen = 1,
      };
    }
    // the same as sendmmsg for one, and cheaper
    int sent = run == 1 ? (sendmsg(socket->fd, &headers[0].msg_hdr, 0) < 0 ? -1 : 1)
                        : sendmmsg(socket->fd, headers, run, 0);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0) return number(env, at == from ? -errno : (int32_t)(at - from));
    at += (uint32_t)sent;
  }
  return number(env, (int32_t)(to - from));
}

NAPI_MODULE_INIT() {
  static const struct {
    const char *name;
    napi_callback call;
  } functions[] = {
      {"start", start}, {"open", open_socket}, {"close", close_socket},
      {"parse", parse}, {"nameOf", name_of},   {"send", send_queued},
      {"forward", forward}, {"endForwarding", end_forwarding},
  };
  for (size_t at = 0; at < sizeof functions / sizeof *functions; at++) {
    napi_value function;
    napi_create_function(env, functions[at].name, NAPI_AUTO_LENGTH, functions[at].call, NULL,
                         &function);
    napi_set_named_property(env, exports, functions[at].name, function);
  }
  napi_value source;
  napi_create_string_latin1(env, SOURCE_SHA256, NAPI_AUTO_LENGTH, &source);
  napi_set_named_property(env, exports, "source", source);
  return exports;
}
