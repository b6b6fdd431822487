/* A Kẻng bridge board: four inputs, a cancel button and a sounder on an ESP32 or any Arduino with a USB serial port.
 *
 * Contacts connect a pin with ground; the pins have their pull-ups on. A detector's alarm contact is open when all is
 * well (no), the fault contact of a panel is closed (nc: normally energised), so that a cut wire is a fault. */
#include <keng_bridge.h>

static const uint8_t SOUNDER = 5;
static const uint8_t PINS[] = {13, 12, 14, 27, 26, 25};
static const keng_point POINTS[] = {
    {"smoke1", "smoke", NULL, "no", 0},  {"smoke2", "smoke", NULL, "no", 0}, {"btn1", "button", NULL, "no", 0},
    {"panelfault", "panel", NULL, "nc", 0}, {"cancel1", "button", NULL, "no", 0}, {"siren1", "sounder", NULL, NULL, 0},
};

static keng_board board;
static keng_config config;

static uint32_t nowMs(void *) { return millis(); }

static uint32_t dice(void *) {
#ifdef ESP32
  return esp_random();
#else
  return (uint32_t)random(0x7FFFFFFF) ^ micros() << 16;
#endif
}

static void writeBytes(void *, const char *data, size_t length) { Serial.write((const uint8_t *)data, length); }

static void readInput(void *, size_t point, keng_reading *reading) {
  bool closed = digitalRead(PINS[point]) == LOW;
  bool normallyClosed = !strcmp(POINTS[point].polarity, "nc");
  if (closed != normallyClosed)
    reading->state = strcmp(POINTS[point].type, "panel") ? KENG_ALARM : KENG_FAULT;
}

static void driveOutput(void *, size_t point, bool on) { digitalWrite(PINS[point], on ? HIGH : LOW); }

void setup() {
  static char hardware[17] = "arduino";
  Serial.begin(115200);
  for (size_t n = 0; n < SOUNDER; n++)
    pinMode(PINS[n], INPUT_PULLUP);
  pinMode(PINS[SOUNDER], OUTPUT);
#ifdef ESP32
  uint64_t chip = ESP.getEfuseMac();
  for (int n = 0; n < 12; n++)
    hardware[n] = "0123456789abcdef"[chip >> (44 - 4 * n) & 15];
  hardware[12] = 0;
#endif
  config.hardware = hardware;
  config.model = "keng-io8";
  config.firmware = "1.0.0+example";
  config.reset = "power";
  config.points = POINTS;
  config.count = sizeof POINTS / sizeof *POINTS;
  config.debounce_ms = 100;
  config.own_sounder = true;
  config.millis = nowMs;
  config.random = dice;
  config.write = writeBytes;
  config.read = readInput;
  config.drive = driveOutput;
  keng_begin(&board, &config);
}

void loop() {
  while (Serial.available()) {
    char one = (char)Serial.read();
    keng_receive(&board, &one, 1);
  }
  keng_poll(&board);
}
