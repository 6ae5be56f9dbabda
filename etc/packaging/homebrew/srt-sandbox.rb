# SPDX-License-Identifier: ISC
class SrtSandbox < Formula
  desc "Run a command with less power than its user"
  homepage "@URL@"
  url "@URL@/srt-@VERSION@.tar.gz"
  sha256 "@SHA256@"
  license "ISC"

  depends_on "make" => :build
  depends_on "pkgconf" => :build
  depends_on "libevent"
  depends_on "openssl@3"
  depends_on "yajl"

  on_linux do
    depends_on "libseccomp" => :build
    depends_on "libbsd"
    depends_on "libmd"
  end

  def install
    system "sh", "common/configure", "-o", "build", "--prefix=#{prefix}",
           "--sysconfdir=#{etc}", "--shared"
    system Formula["make"].opt_bin/"gmake", "O=build", "install"
  end

  test do
    assert_match version.to_s, shell_output("#{bin}/srt --version")
    (testpath/"settings.json").write <<~JSON
      { "network": { "allowedDomains": [], "deniedDomains": [] },
        "filesystem": { "denyRead": [], "allowWrite": ["."],
          "denyWrite": [] } }
    JSON
    system bin/"srt", "-n", "-s", "settings.json"
  end
end
