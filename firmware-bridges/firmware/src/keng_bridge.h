/* A bridge board of Keng: reads fire and contact inputs, drives sounders, speaks the bridge link, version 1.
 *
 * Portable C99: no heap, no operating system, no interrupts. Call `keng_receive` with every byte that comes in and
 * `keng_poll` as often as you can, at least every 50 ms. Everything else happens in here: numbers, repeats, queue,
 * heartbeat, snapshot, debouncing, and the fail-safe: an alarm sounds the board's own sounders without any node. */
#ifndef KENG_BRIDGE_H
#define KENG_BRIDGE_H

#include "keng_frame.h"

#ifdef __cplusplus
extern "C" {
#endif

#ifndef KENG_POINTS
#define KENG_POINTS 16 /* at most 32 */
#endif
#ifndef KENG_QUEUE
#define KENG_QUEUE 32 /* the link asks for at least 32 */
#endif
#define KENG_OUTSTANDING 4
#define KENG_LONGEST_SILENCE_MS 600000 /* ten minutes: then it sounds again if an input still holds */

typedef enum { KENG_NORMAL, KENG_PRE, KENG_ALARM, KENG_FAULT } keng_state;

enum {
    KENG_TAMPER = 1,
    KENG_LOWBAT = 2,
    KENG_TEST = 4,
    KENG_DIRTY = 8,
    KENG_EOL = 16, /* end of life */
    KENG_OFF = 32, /* isolated at the board: told, but it sounds nothing here */
    KENG_OPEN = 64,
    KENG_SHORT = 128
};

typedef struct {
    const char *name;     /* 1 to 16 of a-z, 0-9 and _ */
    const char *type;     /* smoke, heat, gas, button, contact, panel … ; sounder, lamp and reset are outputs */
    const char *unit;     /* of `value`, NULL if none */
    const char *polarity; /* "no", "nc" or NULL */
    uint32_t eol_ohm;     /* end-of-line resistor, 0 if none */
} keng_point;

typedef struct {
    keng_state state;
    uint8_t flags;
    bool has_value;
    int32_t value;
} keng_reading;

typedef struct {
    const char *hardware; /* unique: the chip's number */
    const char *model;
    const char *firmware; /* version+build */
    const char *reset;    /* why it started: power, wdt, soft … */
    const keng_point *points;
    size_t count;
    uint16_t debounce_ms; /* a change must hold that long; 100 is right for contacts */
    bool own_sounder;     /* leave it true */
    void *user;           /* handed to each function below */
    uint32_t (*millis)(void *user); /* may wrap */
    uint32_t (*random)(void *user); /* another one at each start: it makes the boot id */
    void (*write)(void *user, const char *data, size_t length);
    void (*read)(void *user, size_t point, keng_reading *reading); /* inputs only; `reading` comes as normal */
    void (*drive)(void *user, size_t point, bool on);              /* outputs only, at each change and at the start */
    int32_t (*supply_mv)(void *user);                              /* NULL, or negative: not measured */
    void (*utc)(void *user, int64_t ms);                           /* NULL, or for a display */
} keng_config;

typedef struct {
    uint32_t number; /* 0: not sent yet */
    uint64_t up, due;
    uint8_t point, tries;
    keng_reading reading;
} keng_event;

typedef struct {
    keng_reading is, maybe;
    uint64_t since; /* when `maybe` began */
    bool on, commanded, command;
    uint64_t until; /* end of the command, 0 if it has none */
    uint32_t silenced; /* the points that were in alarm when it was silenced, one bit each */
} keng_standing;

typedef struct {
    keng_config config;
    uint32_t boot, number, started, last_millis, wraps;
    uint32_t lost, damaged; /* events that found no room, frames of the node that failed their check */
    uint64_t next_heartbeat;
    keng_standing points[KENG_POINTS];
    keng_event queue[KENG_QUEUE];
    size_t queued;
    char line[KENG_FRAME];
    size_t held;
    bool overlong;
    keng_frame frame;
} keng_board;

/* Starts the board: quiet outputs, first readings, hello. Also to be called for a restart by software. */
void keng_begin(keng_board *board, const keng_config *config);

/* Bytes from the node. */
void keng_receive(keng_board *board, const char *data, size_t length);

/* Inputs, outputs, repeats, heartbeat. */
void keng_poll(keng_board *board);

/* A measured value that nobody has to acknowledge. */
void keng_telemetry(keng_board *board, size_t point, int32_t value);

#ifdef __cplusplus
}
#endif
#endif
