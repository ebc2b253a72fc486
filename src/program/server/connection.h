// One connection: its requests in order, one at a time.
#pragma once

#include "blocks/http/reader.h"
#include "ground/patience.h"
#include "program/server/certificate.h"
#include "program/server/loop.h"

namespace jeton::server {

class Connection final : public Source {
 public:
  Connection(Caller caller, Loop& loop);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // May end it: the loop forgets it then.
  void ready(std::uint32_t events) override;
  // Whether its deadline has passed; when draining, whether nothing is being answered.
  bool is_over(steady_clock::time_point now) const;
  int fd() const { return fd_.get(); }
  // The answer that was put off: what it waits for (while it does), until when, and that it be asked for again.
  std::string_view topic() const;
  bool is_due(steady_clock::time_point now) const { return now >= deadline_; }
  void ask_again(Patience::Turn turn);
  // The loop's word that the others' answers go out now.
  void send_now();
  // Where the loop holds it.
  void set_place(std::list<Connection>::iterator place) { place_ = place; }

 private:
  enum class Doing : std::uint8_t { Idle, Head, Body, Answering, Answered, Waiting, Writing, Leaving };
  struct Held;
  bool go();
  bool send();
  ssize_t receive_octets(char* room, std::size_t size);
  ssize_t send_octets(std::string_view octets);
  bool take_preamble();
  void take_certificate();
  bool refuse_plain_http();
  bool take(std::string_view& data);
  void await();
  void expect(Doing doing, Millis within);
  bool is_heard() const;
  bool leave();
  void understand(std::string_view data);
  bool serve(std::string_view& data);
  void hold(std::string_view head, bool is_all);
  bool feed(std::string_view& data);
  void answer_held();
  bool answer_hurried();
  void answered_here();
  void answer_by_worker(Patience::Turn turn = Patience::Turn::First);
  void put_off();
  void answered();
  void promised(bool kept);
  void go_on();
  bool is_answering() const { return doing_ == Doing::Answering || doing_ == Doing::Answered; }
  void begin(http::Request& request);
  void finish(const http::Request& request, http::Response& response, bool keep_alive);
  void refuse(int status, std::string_view detail = {});

  Descriptor fd_;
  http::Origin origin_;
  std::unique_ptr<TlsStream> tls_;
  Certificate certificate_;
  Loop& loop_;
  std::list<Connection>::iterator place_;
  Doing doing_ = Doing::Head;
  bool readable_ = false;     // there may be octets in the socket: no edge tells of them again
  bool hung_up_ = false;      // the caller says no more
  bool last_word_ = false;    // said, or about to be
  bool preamble_ = false;     // a PROXY preamble comes first
  steady_clock::time_point deadline_, started_;
  std::size_t unheard_ = 0;
  std::string in_;            // octets read and not yet understood
  std::string out_;           // octets the caller does not take yet
  std::string id_;
  std::unique_ptr<Held> held_;
};

}  // namespace jeton::server
