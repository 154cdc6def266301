/* SPDX-License-Identifier: BSD-2-Clause */
#include "export/server.h"

#include "common/memory.h"
#include "common/text.h"
#include "export/http.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define SERVER_LOOPBACK    "127.0.0.1"
#define SERVER_BACKLOG     64
#define SERVER_CONNECTIONS 500u        /* at once; below the usual limit of 1024 descriptors */
#define SERVER_TIMEOUT     20u         /* seconds in which nothing moved */
#define SERVER_MEMORY      (16u << 10) /* bytes of headers of a request */
#define SERVER_ADDRESS     (INET6_ADDRSTRLEN + 16)

struct server {
	const struct http *http;
	struct MHD_Daemon *daemon;
	server_render *render;
	void *context;
	int fd;
	char address[SERVER_ADDRESS];
};

/* A socket address of either family. */
union server_socket {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

/* Reads ADDR:PORT. Returns 0 or -EINVAL. */
static int server_parse(const char *listen, union server_socket *ret_socket)
{
	const char *colon = strrchr(listen, ':');
	size_t length = colon ? (size_t)(colon - listen) : 0;
	char host[INET6_ADDRSTRLEN + 2];
	uint64_t port;

	if (!colon || length >= sizeof(host) || text_to_number(colon + 1, UINT16_MAX, &port))
		return -EINVAL;
	memcpy(host, listen, length);
	host[length] = '\0';
	memset(ret_socket, 0, sizeof(*ret_socket));
	if (length > 2 && host[0] == '[' && host[length - 1] == ']') {
		host[length - 1] = '\0';
		ret_socket->v6.sin6_family = AF_INET6;
		ret_socket->v6.sin6_port = htons((uint16_t)port);
		return inet_pton(AF_INET6, host + 1, &ret_socket->v6.sin6_addr) == 1 ? 0 : -EINVAL;
	}
	ret_socket->v4.sin_family = AF_INET;
	ret_socket->v4.sin_port = htons((uint16_t)port);
	return inet_pton(AF_INET, length ? host : SERVER_LOOPBACK, &ret_socket->v4.sin_addr) == 1
		       ? 0
		       : -EINVAL;
}

static socklen_t server_length(const union server_socket *address)
{
	return address->any.sa_family == AF_INET6 ? sizeof(address->v6) : sizeof(address->v4);
}

/* Writes the address the socket got. */
static void server_name(struct server *server)
{
	union server_socket address;
	socklen_t length = sizeof(address);
	char host[INET6_ADDRSTRLEN] = "?";

	memset(&address, 0, sizeof(address));
	getsockname(server->fd, &address.any, &length);
	if (address.any.sa_family == AF_INET6) {
		inet_ntop(AF_INET6, &address.v6.sin6_addr, host, sizeof(host));
		snprintf(server->address, sizeof(server->address), "[%s]:%u", host,
			 ntohs(address.v6.sin6_port));
	} else {
		inet_ntop(AF_INET, &address.v4.sin_addr, host, sizeof(host));
		snprintf(server->address, sizeof(server->address), "%s:%u", host,
			 ntohs(address.v4.sin_port));
	}
}

/* Opens the socket. Returns 0 or a negative errno. */
static int server_listen(struct server *server, const union server_socket *address)
{
	static const int on = 1;
	int error;

	server->fd = socket(address->any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (server->fd < 0)
		return -errno;
	/* Connections of a server that just ended must not keep the next from starting. */
	if (setsockopt(server->fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == 0 &&
	    bind(server->fd, &address->any, server_length(address)) == 0 &&
	    listen(server->fd, SERVER_BACKLOG) == 0)
		return 0;
	error = -errno;
	close(server->fd);
	return error;
}

/* Sends a response and drops it. */
static enum MHD_Result server_send(const struct http *http, struct MHD_Connection *connection,
				   unsigned status, const char *type, struct MHD_Response *response)
{
	enum MHD_Result result;

	if (!response)
		return MHD_NO;
	http->add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, type);
	if (status == MHD_HTTP_METHOD_NOT_ALLOWED)
		http->add_response_header(response, MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
	result = http->queue_response(connection, status, response);
	http->destroy_response(response);
	return result;
}

static enum MHD_Result server_say(const struct http *http, struct MHD_Connection *connection,
				  unsigned status, const char *text)
{
	return server_send(http, connection, status, "text/plain; charset=utf-8",
			   http->create_response_from_buffer(strlen(text), (char *)(uintptr_t)text,
							     MHD_RESPMEM_MUST_COPY));
}

/* Who asks for plain text and not for OpenMetrics gets the older format. */
static enum openmetrics_form server_form(const struct http *http, struct MHD_Connection *connection)
{
	const char *accept =
		http->lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_ACCEPT);

	return accept && strstr(accept, "text/plain") &&
			       !strstr(accept, "application/openmetrics-text")
		       ? OPENMETRICS_CLASSIC
		       : OPENMETRICS_TEXT;
}

static enum MHD_Result server_metrics(const struct server *server,
				      struct MHD_Connection *connection)
{
	enum openmetrics_form form = server_form(server->http, connection);
	char *text = NULL;
	size_t size = 0;
	int error = server->render(server->context, form, &text, &size);
	struct MHD_Response *response;

	if (error) {
		free(text);
		return server_say(server->http, connection, MHD_HTTP_INTERNAL_SERVER_ERROR,
				  strerror(-error));
	}
	response = server->http->create_response_from_buffer(size, text, MHD_RESPMEM_MUST_FREE);
	if (!response)
		free(text);
	return server_send(server->http, connection, MHD_HTTP_OK, openmetrics_type(form), response);
}

static enum MHD_Result server_answer(void *context, struct MHD_Connection *connection,
				     const char *url, const char *method, const char *version,
				     const char *upload, size_t *upload_size, void **state)
{
	static char seen;
	const struct server *server = context;

	(void)version;
	(void)upload;
	/* The first call is for the headers alone; what a client uploads is read and dropped. */
	if (!*state) {
		*state = &seen;
		return MHD_YES;
	}
	if (*upload_size) {
		*upload_size = 0;
		return MHD_YES;
	}
	if (strcmp(method, MHD_HTTP_METHOD_GET) != 0 && strcmp(method, MHD_HTTP_METHOD_HEAD) != 0)
		return server_say(server->http, connection, MHD_HTTP_METHOD_NOT_ALLOWED,
				  "only GET and HEAD\n");
	if (strcmp(url, "/metrics") == 0)
		return server_metrics(server, connection);
	if (strcmp(url, "/") == 0)
		return server_say(server->http, connection, MHD_HTTP_OK,
				  "poolmon export: see /metrics\n");
	return server_say(server->http, connection, MHD_HTTP_NOT_FOUND,
			  "not found: see /metrics\n");
}

static int server_run(struct server *server)
{
	server->daemon = server->http->start_daemon(
		MHD_USE_EPOLL_INTERNAL_THREAD, 0, NULL, NULL, server_answer, server,
		MHD_OPTION_LISTEN_SOCKET, server->fd, MHD_OPTION_CONNECTION_LIMIT,
		SERVER_CONNECTIONS, MHD_OPTION_CONNECTION_TIMEOUT, SERVER_TIMEOUT,
		MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)SERVER_MEMORY, MHD_OPTION_END);
	if (server->daemon)
		return 0;
	close(server->fd);
	return errno ? -errno : -EIO;
}

int server_start(const char *listen, server_render *render, void *context,
		 struct server **ret_server, char **ret_text)
{
	union server_socket address;
	const struct http *http;
	struct server *server;
	int error;

	if (server_parse(listen, &address)) {
		*ret_text = memory_printed("'%s' is not ADDR:PORT, such as 127.0.0.1:9870, "
					   "[::1]:9870 or :9870",
					   listen);
		return -1;
	}
	http = http_load(ret_text);
	if (!http)
		return -1;
	server = memory_zeroed(1, sizeof(*server));
	server->http = http;
	server->render = render;
	server->context = context;
	error = server_listen(server, &address);
	if (error == 0) {
		server_name(server);
		error = server_run(server);
	}
	if (error == 0) {
		*ret_server = server;
		return 0;
	}
	*ret_text = memory_printed("cannot listen on %s: %s", listen, strerror(-error));
	free(server);
	return -1;
}

void server_stop(struct server *server)
{
	server->http->stop_daemon(server->daemon);
	free(server);
}

const char *server_address(const struct server *server)
{
	return server->address;
}
