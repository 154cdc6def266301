/* SPDX-License-Identifier: BSD-2-Clause */
#include "export/gzip.h"

#include <errno.h>
#include <stdint.h>
#include <zlib.h>

#define GZIP_WINDOW 15
#define GZIP_FORMAT 16 /* added to the window: a gzip header instead of zlib's */
#define GZIP_MEMORY 8
#define GZIP_PIECE  (1u << 30) /* zlib counts input in unsigned */

static int gzip_deflate(z_stream *stream, const unsigned char *bytes, size_t size, FILE *out)
{
	unsigned char buffer[1 << 15];
	int result = Z_OK;

	while (result != Z_STREAM_END) {
		size_t got;

		if (stream->avail_in == 0 && size > 0) {
			stream->next_in = (unsigned char *)(uintptr_t)bytes;
			stream->avail_in = size < GZIP_PIECE ? (unsigned)size : GZIP_PIECE;
			bytes += stream->avail_in;
			size -= stream->avail_in;
		}
		stream->next_out = buffer;
		stream->avail_out = sizeof(buffer);
		result = deflate(stream, size ? Z_NO_FLUSH : Z_FINISH);
		if (result != Z_OK && result != Z_STREAM_END && result != Z_BUF_ERROR)
			return -EIO;
		got = sizeof(buffer) - stream->avail_out;
		if (fwrite(buffer, 1, got, out) != got)
			return errno ? -errno : -EIO;
	}
	return 0;
}

int gzip_write(const void *bytes, size_t size, FILE *out)
{
	z_stream stream = {0};
	int error;

	if (deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, GZIP_WINDOW + GZIP_FORMAT,
			 GZIP_MEMORY, Z_DEFAULT_STRATEGY) != Z_OK)
		return -ENOMEM;
	error = gzip_deflate(&stream, bytes, size, out);
	deflateEnd(&stream);
	return error;
}
