/* What a telephone line does to sound, and what its detectors hear: the codecs and detectors of Debian's libraries
   behind one pipe.

     line codec NAME    each block of samples comes back as it sounds after coding and decoding
     line detect        each block of samples comes back as the number of times that each detector fired

   A block is a count of samples, a count of packets, one byte for each packet of 20 ms (0 arrived, 1 lost and
   concealed, 2 lost and silent) and the samples: 8 kHz, 16 bit. An answer is a count and as many 16 bit values.
   Counts are 32 bits, the byte order is the machine's. Each block meets codecs and detectors in their first state.
   Codecs that conceal loss themselves do it; for the others spandsp's plc does. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <spandsp.h>
#include <gsm/gsm.h>
#include <opencore-amrnb/interf_enc.h>
#include <opencore-amrnb/interf_dec.h>
#include <bcg729/encoder.h>
#include <bcg729/decoder.h>
#include <codec2/codec2.h>
#include <opus/opus.h>
#include <speex/speex.h>

enum { PACKET = 160, MAX_FRAME = 320 };

/* A codec: code() turns a frame into what arrives of it, and returns 0 if it cannot conceal a lost one. */
struct codec {
	const char *name;
	int rate, frame;
	void (*open)(int rate);
	int (*code)(int16_t *frame, int lost);
	void (*close)(void);
};

static uint8_t bits[1024];
static void *encoder, *decoder;
static int rate;

static void nothing(void) {}
static void keep_rate(int r) { rate = r; }

static int alaw_code(int16_t *x, int lost)
{
	for (int i = 0; i < PACKET && !lost; i++)
		x[i] = alaw_to_linear(linear_to_alaw(x[i]));
	return !lost;
}

static int ulaw_code(int16_t *x, int lost)
{
	for (int i = 0; i < PACKET && !lost; i++)
		x[i] = ulaw_to_linear(linear_to_ulaw(x[i]));
	return !lost;
}

static void gsm_open(int r) { encoder = gsm_create(); decoder = gsm_create(); }
static void gsm_close(void) { gsm_destroy(encoder); gsm_destroy(decoder); }
static int gsm_code(int16_t *x, int lost)
{
	gsm_encode(encoder, x, bits);
	if (!lost)
		gsm_decode(decoder, bits, x);
	return !lost;
}

static void g726_open(int r)
{
	encoder = g726_init(NULL, r, G726_ENCODING_LINEAR, G726_PACKING_NONE);
	decoder = g726_init(NULL, r, G726_ENCODING_LINEAR, G726_PACKING_NONE);
}
static void g726_close(void) { g726_free(encoder); g726_free(decoder); }
static int g726_code(int16_t *x, int lost)
{
	int n = g726_encode(encoder, bits, x, PACKET);
	if (!lost)
		g726_decode(decoder, x, bits, n);
	return !lost;
}

static void amr_open(int r) { rate = r; encoder = Encoder_Interface_init(0); decoder = Decoder_Interface_init(); }
static void amr_close(void) { Encoder_Interface_exit(encoder); Decoder_Interface_exit(decoder); }
static int amr_code(int16_t *x, int lost)
{
	Encoder_Interface_Encode(encoder, rate, x, bits, 0);
	Decoder_Interface_Decode(decoder, bits, x, lost);
	return 1;
}

static void g729_open(int r) { encoder = initBcg729EncoderChannel(0); decoder = initBcg729DecoderChannel(); }
static void g729_close(void) { closeBcg729EncoderChannel(encoder); closeBcg729DecoderChannel(decoder); }
static int g729_code(int16_t *x, int lost)
{
	uint8_t n;
	bcg729Encoder(encoder, x, bits, &n);
	bcg729Decoder(decoder, bits, n, lost, 0, 0, x);
	return 1;
}

static void opus_open(int r)
{
	int err;
	encoder = opus_encoder_create(8000, 1, OPUS_APPLICATION_VOIP, &err);
	decoder = opus_decoder_create(8000, 1, &err);
	opus_encoder_ctl(encoder, OPUS_SET_BITRATE(r));
}
static void opus_close(void) { opus_encoder_destroy(encoder); opus_decoder_destroy(decoder); }
static int opus_code(int16_t *x, int lost)
{
	int n = opus_encode(encoder, x, PACKET, bits, sizeof bits);
	if (opus_decode(decoder, lost ? NULL : bits, lost ? 0 : n, x, PACKET, 0) != PACKET)
		exit(1);
	return 1;
}

static SpeexBits packed;
static void speex_open(int quality)
{
	encoder = speex_encoder_init(speex_lib_get_mode(SPEEX_MODEID_NB));
	decoder = speex_decoder_init(speex_lib_get_mode(SPEEX_MODEID_NB));
	speex_encoder_ctl(encoder, SPEEX_SET_QUALITY, &quality);
	speex_bits_init(&packed);
}
static void speex_close(void)
{
	speex_encoder_destroy(encoder);
	speex_decoder_destroy(decoder);
	speex_bits_destroy(&packed);
}
static int speex_code(int16_t *x, int lost)
{
	speex_bits_reset(&packed);
	speex_encode_int(encoder, x, &packed);
	int n = speex_bits_write(&packed, (char *)bits, sizeof bits);
	speex_bits_read_from(&packed, (char *)bits, n);
	speex_decode_int(decoder, lost ? NULL : &packed, x);
	return 1;
}

static void codec2_open(int mode) { encoder = codec2_create(mode); decoder = codec2_create(mode); }
static void codec2_close(void) { codec2_destroy(encoder); codec2_destroy(decoder); }
static int codec2_code(int16_t *x, int lost)
{
	codec2_encode(encoder, bits, x);
	if (!lost)
		codec2_decode(decoder, x, bits);
	return !lost;
}

static void lpc10_open(int r) { encoder = lpc10_encode_init(NULL, 0); decoder = lpc10_decode_init(NULL, 0); }
static void lpc10_close(void) { lpc10_encode_free(encoder); lpc10_decode_free(decoder); }
static int lpc10_code(int16_t *x, int lost)
{
	int n = lpc10_encode(encoder, bits, x, LPC10_SAMPLES_PER_FRAME);
	if (!lost)
		lpc10_decode(decoder, x, bits, n);
	return !lost;
}

static const struct codec codecs[] = {
	{"alaw", 0, PACKET, keep_rate, alaw_code, nothing},
	{"ulaw", 0, PACKET, keep_rate, ulaw_code, nothing},
	{"gsm", 0, PACKET, gsm_open, gsm_code, gsm_close},
	{"g726-32", 32000, PACKET, g726_open, g726_code, g726_close},
	{"g726-24", 24000, PACKET, g726_open, g726_code, g726_close},
	{"g726-16", 16000, PACKET, g726_open, g726_code, g726_close},
	{"amr-12.2", MR122, PACKET, amr_open, amr_code, amr_close},
	{"amr-10.2", MR102, PACKET, amr_open, amr_code, amr_close},
	{"amr-7.95", MR795, PACKET, amr_open, amr_code, amr_close},
	{"amr-7.4", MR74, PACKET, amr_open, amr_code, amr_close},
	{"amr-6.7", MR67, PACKET, amr_open, amr_code, amr_close},
	{"amr-5.9", MR59, PACKET, amr_open, amr_code, amr_close},
	{"amr-5.15", MR515, PACKET, amr_open, amr_code, amr_close},
	{"amr-4.75", MR475, PACKET, amr_open, amr_code, amr_close},
	{"g729", 0, PACKET / 2, g729_open, g729_code, g729_close},
	{"opus-6", 6000, PACKET, opus_open, opus_code, opus_close},
	{"speex-8", 4, PACKET, speex_open, speex_code, speex_close},
	{"codec2-3200", CODEC2_MODE_3200, PACKET, codec2_open, codec2_code, codec2_close},
	{"codec2-2400", CODEC2_MODE_2400, PACKET, codec2_open, codec2_code, codec2_close},
	{"codec2-1300", CODEC2_MODE_1300, 2 * PACKET, codec2_open, codec2_code, codec2_close},
	{"lpc10", 0, LPC10_SAMPLES_PER_FRAME, lpc10_open, lpc10_code, lpc10_close},
};

/* A block, and its answer in the same place: there is room for one more frame behind the samples. */
static int16_t *sound;
static uint8_t *fate;
static uint32_t samples, packets;

static void *room(void *old, size_t bytes)
{
	void *p = realloc(old, bytes);
	if (!p)
		exit(1);
	return p;
}

static int read_block(void)
{
	if (fread(&samples, 4, 1, stdin) != 1 || fread(&packets, 4, 1, stdin) != 1)
		return 0;
	fate = room(fate, packets + 1);
	sound = room(sound, 2 * ((size_t)samples + MAX_FRAME));
	memset(sound + samples, 0, 2 * MAX_FRAME);
	return fread(fate, 1, packets, stdin) == packets && fread(sound, 2, samples, stdin) == samples;
}

static void answer(const int16_t *values, uint32_t n)
{
	fwrite(&n, 4, 1, stdout);
	fwrite(values, 2, n, stdout);
	fflush(stdout);
}

static void conceal(const struct codec *c, plc_state_t *plc, int16_t *frame, int how)
{
	int arrived = c->code(frame, how != 0);
	if (how == 2)
		memset(frame, 0, 2 * c->frame);
	else if (arrived)
		plc_rx(plc, frame, c->frame);
	else
		plc_fillin(plc, frame, c->frame);
}

static void code_block(const struct codec *c)
{
	plc_state_t *plc = plc_init(NULL);
	c->open(c->rate);
	for (uint32_t at = 0; at < samples; at += c->frame)
		conceal(c, plc, sound + at, at / PACKET < packets ? fate[at / PACKET] : 0);
	c->close();
	plc_free(plc);
}

/* The detectors' counts, in the order in which soundtest.Detectors names them. */
enum { DTMF, R1, R2_FORWARD, R2_BACKWARD, CNG, CED, V21, CALLING, BELL_ANSWER, SIT, DETECTORS };
static int16_t fired[DETECTORS];

static void on_digits(void *which, const char *digits, int n) { fired[(intptr_t)which] += n; }
static void on_tone(void *which, int tone, int level, int delay) { fired[(intptr_t)which] += tone != 0; }
static void on_r2(void *which, int digit, int level, int delay) { fired[(intptr_t)which] += digit != 0; }
static void on_sit(void *count, int tone, int level, int delay) { *(int16_t *)count += tone >= 0; }
static void on_segment(void *which, int f1, int f2, int ms) {}

/* The special information tone has three tones in a row: 330 ms each in ITU-T E.180, 276 or 380 ms in Bellcore's
   variants, whose first two have two frequencies each. A descriptor of spandsp cannot tell frequencies apart that are
   as near as those, so each combination has its own. */
enum { SITS = 5 };
static super_tone_rx_descriptor_t *sit[SITS];

static void make_sits(void)
{
	static const int hz[SITS][3] = {{950, 1400, 1800}, {914, 1371, 1777}, {985, 1371, 1777}, {914, 1429, 1777}, {985, 1429, 1777}};
	for (int i = 0; i < SITS; i++) {
		sit[i] = super_tone_rx_make_descriptor(NULL);
		int tone = super_tone_rx_add_tone(sit[i]);
		for (int k = 0; k < 3; k++)
			super_tone_rx_add_element(sit[i], tone, hz[i][k], 0, 200, 450);
	}
}

static void detect_sit(super_tone_rx_descriptor_t *d)
{
	int16_t count = 0;
	super_tone_rx_state_t *s = super_tone_rx_init(NULL, d, on_sit, &count);
	super_tone_rx_segment_callback(s, on_segment);
	for (uint32_t at = 0; at < samples;)
		at += super_tone_rx(s, sound + at, samples - at);
	super_tone_rx_free(s);
	if (fired[SIT] < count)
		fired[SIT] = count;
}

static void detect_block(void)
{
	static const int kinds[] = {MODEM_CONNECT_TONES_FAX_CNG, MODEM_CONNECT_TONES_FAX_CED, MODEM_CONNECT_TONES_FAX_PREAMBLE,
		MODEM_CONNECT_TONES_CALLING_TONE, MODEM_CONNECT_TONES_BELL_ANS};
	memset(fired, 0, sizeof fired);
	dtmf_rx_state_t *dtmf = dtmf_rx_init(NULL, on_digits, (void *)DTMF);
	bell_mf_rx_state_t *r1 = bell_mf_rx_init(NULL, on_digits, (void *)R1);
	r2_mf_rx_state_t *forward = r2_mf_rx_init(NULL, 1, on_r2, (void *)R2_FORWARD);
	r2_mf_rx_state_t *backward = r2_mf_rx_init(NULL, 0, on_r2, (void *)R2_BACKWARD);
	dtmf_rx(dtmf, sound, samples);
	bell_mf_rx(r1, sound, samples);
	r2_mf_rx(forward, sound, samples);
	r2_mf_rx(backward, sound, samples);
	for (int i = 0; i < 5; i++) {
		modem_connect_tones_rx_state_t *modem = modem_connect_tones_rx_init(NULL, kinds[i], on_tone, (void *)(intptr_t)(CNG + i));
		modem_connect_tones_rx(modem, sound, samples);
		modem_connect_tones_rx_free(modem);
	}
	for (int i = 0; i < SITS; i++)
		detect_sit(sit[i]);
	dtmf_rx_free(dtmf);
	bell_mf_rx_free(r1);
	r2_mf_rx_free(forward);
	r2_mf_rx_free(backward);
}

static int detect(void)
{
	make_sits();
	while (read_block()) {
		detect_block();
		answer(fired, DETECTORS);
	}
	return 0;
}

/* A child codes each block, because codec2 has a dice that cannot be reset. */
static int code_blocks(const struct codec *c)
{
	int status = 0;
	while (status == 0 && read_block()) {
		pid_t child = fork();
		if (child == 0) {
			code_block(c);
			answer(sound, samples);
			_exit(0);
		}
		if (child < 0 || waitpid(child, &status, 0) != child)
			return 1;
	}
	return status != 0;
}

static int run_codec(const char *name)
{
	for (size_t i = 0; i < sizeof codecs / sizeof *codecs; i++)
		if (!strcmp(codecs[i].name, name))
			return code_blocks(&codecs[i]);
	fprintf(stderr, "line: there is no codec \"%s\"\n", name);
	return 2;
}

int main(int argc, char **argv)
{
	if (argc == 3 && !strcmp(argv[1], "codec"))
		return run_codec(argv[2]);
	if (argc == 2 && !strcmp(argv[1], "detect"))
		return detect();
	fprintf(stderr, "usage: line codec NAME | detect\n");
	return 2;
}
