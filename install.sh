#!/bin/sh
# Installs below a folder: the program with libCTorch beside it, completions for three shells, and man pages made from the help.
# What is installed needs neither this folder nor Swift's, and can be moved as a whole.
set -eu

prefix=${1:?"usage: install.sh PREFIX"}
build="swift build -c release --static-swift-stdlib"

$build
from=$($build --show-bin-path)
home="$prefix/lib/ediy"
mkdir -p "$home" "$prefix/bin" "$prefix/share/man/man1" "$prefix/share/bash-completion/completions" \
    "$prefix/share/zsh/site-functions" "$prefix/share/fish/vendor_completions.d"
for file in ediy libCTorch.so; do
    install -m 755 "$from/$file" "$home/$file.new"
    mv "$home/$file.new" "$home/$file"
done
ln -sf ../lib/ediy/ediy "$prefix/bin/ediy"

"$home/ediy" --generate-completion-script bash > "$prefix/share/bash-completion/completions/ediy"
"$home/ediy" --generate-completion-script zsh > "$prefix/share/zsh/site-functions/_ediy"
"$home/ediy" --generate-completion-script fish > "$prefix/share/fish/vendor_completions.d/ediy.fish"

pages=$(mktemp -d)
trap 'rm -rf "$pages"' EXIT
if swift package --allow-writing-to-directory "$pages" generate-manual --multi-page --configuration release \
    --output-directory "$pages" >/dev/null 2>&1; then
    for page in "$pages"/*.1; do install -m 644 "$page" "$prefix/share/man/man1/"; done
else
    echo "install: no man pages: swift package generate-manual failed" >&2
fi

"$prefix/bin/ediy" --version >/dev/null
echo "installed $prefix/bin/ediy"
case ":$PATH:" in *":$prefix/bin:"*) ;; *) echo "add it to the path: export PATH=\"$prefix/bin:\$PATH\"" ;; esac
