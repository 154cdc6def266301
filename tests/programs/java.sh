# requires: java=default-jre-headless
# exe: java
# timeout: 120
set -eu
java -version 2>&1
java -Xmx64m -XX:+UseG1GC --list-modules
