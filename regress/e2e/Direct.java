// SPDX-License-Identifier: ISC

import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;

/** Java's sockets, its channels and its HTTP client. */
class Direct {
	static final byte[] ASK = "GET / HTTP/1.0\r\nHost: java.test\r\n\r\n"
	    .getBytes(StandardCharsets.US_ASCII);

	interface Way {
		String get(String host, int port) throws Exception;
	}

	static String last(String text) {
		String[] lines = text.trim().split("\n");
		return lines[lines.length - 1];
	}

	static String bySocket(String host, int port) throws Exception {
		try (Socket socket = new Socket(host, port)) {
			socket.getOutputStream().write(ASK);
			InputStream in = socket.getInputStream();
			return last(new String(in.readAllBytes()));
		}
	}

	static String byChannel(String host, int port) throws Exception {
		try (SocketChannel channel = SocketChannel.open();
		    Selector selector = Selector.open()) {
			channel.configureBlocking(false);
			channel.register(selector, SelectionKey.OP_CONNECT);
			channel.connect(new InetSocketAddress(host, port));
			while (!channel.finishConnect())
				selector.select(1000);
			channel.configureBlocking(false);
			channel.write(ByteBuffer.wrap(ASK));
			channel.register(selector, SelectionKey.OP_READ);
			ByteBuffer in = ByteBuffer.allocate(65536);
			while (channel.read(in) != -1)
				selector.select(1000);
			return last(new String(in.array(), 0, in.position()));
		}
	}

	static String byClient(String host, int port) throws Exception {
		URI uri = new URI("http", null, host, port, "/", null, null);
		return HttpClient.newHttpClient().send(
		    HttpRequest.newBuilder(uri).build(),
		    HttpResponse.BodyHandlers.ofString()).body().trim();
	}

	static void say(String name, Way way, String host) {
		String text;

		try {
			text = way.get(host, 80);
		} catch (Throwable e) {
			text = e.getClass().getSimpleName();
		}
		System.out.println(name + ": " + text);
	}

	public static void main(String[] args) {
		say("socket", Direct::bySocket, "allowed.test");
		say("channel", Direct::byChannel, "allowed.test");
		say("client", Direct::byClient, "allowed.test");
		say("name", Direct::bySocket, "other.test");
		say("address", Direct::bySocket, "203.0.113.11");
		System.exit(0);
	}
}
