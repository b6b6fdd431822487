/* What the parts of the board have of one another; nothing for a sketch. */
#ifndef KENG_PARTS_H
#define KENG_PARTS_H

#include "keng_bridge.h"

#define KENG_HEARTBEAT_MS 20000

/* keng_bridge.c: milliseconds since `keng_begin`. */
uint64_t keng_up(keng_board *board);

/* keng_say.c: one frame each, or a run of them. */
void keng_begin_at(keng_board *board, const char *type, uint32_t number, uint64_t at);
void keng_put_reading(keng_board *board, size_t point, const keng_reading *reading);
void keng_send(keng_board *board);
void keng_say_states(keng_board *board);
void keng_say_hello(keng_board *board);
void keng_say_heartbeat(keng_board *board);
void keng_say_result(keng_board *board, const keng_heard *heard, const char *error);

/* keng_queue.c: changes, until the node has acknowledged them. */
void keng_queue_event(keng_board *board, size_t point, uint64_t now);
void keng_say_events(keng_board *board, uint64_t now);
void keng_acknowledge(keng_board *board, int64_t number);

/* keng_points.c: inputs and outputs. */
bool keng_is_output(const keng_point *point);
uint32_t keng_alarms(const keng_board *board); /* one bit a point */
void keng_look(keng_board *board, size_t point, uint64_t now);
void keng_drive(keng_board *board, uint64_t now, bool always);

extern const char *const KENG_STATES[];

#endif
